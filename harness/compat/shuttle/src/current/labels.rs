//! [`Labels`]: values that a task has, one of each type.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::TaskId;

/// A value of a type that only its own functions know.
trait Label: Any {
    fn copy(&self) -> Box<dyn Label>;
}

impl<T: Clone + 'static> Label for T {
    fn copy(&self) -> Box<dyn Label> {
        Box::new(self.clone())
    }
}

fn seen<T: 'static>(label: &dyn Label) -> Option<&T> {
    let label: &dyn Any = label;
    label.downcast_ref()
}

fn seen_mut<T: 'static>(label: &mut dyn Label) -> Option<&mut T> {
    let label: &mut dyn Any = label;
    label.downcast_mut()
}

fn taken<T: 'static>(label: Box<dyn Label>) -> Option<T> {
    let label: Box<dyn Any> = label;
    label.downcast().ok().map(|label| *label)
}

/// Values of a task, one of each type. A task that is spawned begins with a copy of its parent's.
#[derive(Default)]
pub struct Labels(BTreeMap<TypeId, Box<dyn Label>>);

impl Labels {
    /// No labels.
    pub fn new() -> Labels {
        Labels::default()
    }

    /// Puts a value in, and returns the one before.
    pub fn insert<T: Clone + 'static>(&mut self, value: T) -> Option<T> {
        self.0.insert(TypeId::of::<T>(), Box::new(value)).and_then(taken)
    }

    /// The value of this type.
    pub fn get<T: 'static>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>()).and_then(|label| seen(&**label))
    }

    /// The value of this type, to change it.
    pub fn get_mut<T: 'static>(&mut self) -> Option<&mut T> {
        self.0
            .get_mut(&TypeId::of::<T>())
            .and_then(|label| seen_mut(&mut **label))
    }

    /// The value of this type, or this one.
    pub fn get_or_insert<T: Clone + 'static>(&mut self, value: T) -> &mut T {
        self.get_or_insert_with(|| value)
    }

    /// The value of this type, or the one that is made.
    pub fn get_or_insert_with<T: Clone + 'static, F: FnOnce() -> T>(&mut self, f: F) -> &mut T {
        let label = self.0.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(f()));
        seen_mut(&mut **label).expect("a value is kept by its type")
    }

    /// The value of this type, or the default.
    pub fn get_or_insert_default<T: Default + Clone + 'static>(&mut self) -> &mut T {
        self.get_or_insert_with(T::default)
    }

    /// Takes the value of this type out.
    pub fn remove<T: 'static>(&mut self) -> Option<T> {
        self.0.remove(&TypeId::of::<T>()).and_then(taken)
    }

    /// Removes all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Puts all of others in.
    pub fn extend(&mut self, other: Labels) {
        self.0.extend(other.0);
    }
}

impl Clone for Labels {
    fn clone(&self) -> Labels {
        Labels(self.0.iter().map(|(of, label)| (*of, (**label).copy())).collect())
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Labels").finish_non_exhaustive()
    }
}

/// The name of a task, as a label.
#[derive(Clone, PartialEq, Eq)]
pub struct TaskName(String);

impl From<String> for TaskName {
    fn from(name: String) -> TaskName {
        TaskName(name)
    }
}

impl From<&str> for TaskName {
    fn from(name: &str) -> TaskName {
        TaskName(name.to_owned())
    }
}

impl From<TaskName> for String {
    fn from(name: TaskName) -> String {
        name.0
    }
}

impl<'a> From<&'a TaskName> for &'a String {
    fn from(name: &'a TaskName) -> &'a String {
        &name.0
    }
}

impl fmt::Debug for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A label that changes those of the tasks that its task spawns, before they begin.
#[derive(Clone)]
#[expect(clippy::type_complexity, reason = "shuttle's")]
pub struct ChildLabelFn(pub Arc<dyn Fn(TaskId, &mut Labels) + 'static>);

impl fmt::Debug for ChildLabelFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChildLabelFn")
    }
}
