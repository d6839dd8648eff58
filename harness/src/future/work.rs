//! A future and the place for its result, as the engines run them: all that depends on the future's type.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::raw::{Job, Slot};

/// A future, what it has returned, and where that goes when the future is gone.
pub(crate) struct Work<F: Future> {
    /// Gone once it is finished.
    future: Option<F>,
    value: Option<F::Output>,
    result: Slot<F::Output>,
}

impl<F: Future> Work<F> {
    pub(crate) fn new(future: F) -> (Self, Slot<F::Output>) {
        let result = Slot::empty();
        let work = Work {
            future: Some(future),
            value: None,
            result: result.clone(),
        };
        (work, result)
    }

    /// The future, pinned as the whole is, and the two fields that are not.
    #[expect(clippy::type_complexity, reason = "a projection names each field once")]
    fn project(self: Pin<&mut Self>) -> (Pin<&mut Option<F>>, &mut Option<F::Output>, &Slot<F::Output>) {
        // SAFETY: the future is pinned with the whole and never moved out of it: there is no Drop, and no `Unpin` but
        // the automatic one. The other fields are never pinned.
        unsafe {
            let this = self.get_unchecked_mut();
            (Pin::new_unchecked(&mut this.future), &mut this.value, &this.result)
        }
    }
}

impl<F: Future> Job for Work<F> {
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let (future, value, _) = self.project();
        let future = future.as_pin_mut().expect("a future is not polled after it is done");
        future.poll(cx).map(|output| *value = Some(output))
    }

    fn finish(self: Pin<&mut Self>) {
        let (mut future, value, result) = self.project();
        future.set(None);
        if let Some(value) = value.take() {
            result.put(value);
        }
    }

    fn returns_nothing(&self) -> bool {
        // `async {}` holds nothing that it could have touched.
        size_of::<F::Output>() == 0 && size_of::<F>() > 1
    }
}
