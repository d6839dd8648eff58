//! Two tasks wait for one shared future, and the one that polls it is given up.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Wake, Waker};

use selvedge::sync::atomic::{AtomicU8, Ordering};
use selvedge::sync::{Arc, Mutex};
use selvedge::{FailureKind, Strategy, future};

use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails, tasks::task};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "shared-future",
        "Two tasks wait for one future, and one of them is given up",
        "G",
    )
    .source("futures 0.3.34, `future::Shared`")
    .level(Level::Depths)
    .needs(["cancelled-waiter"])
    .symptoms([Symptom::HangsAfterTimeout, Symptom::OneIsForgotten])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .outcome("7", Grade::Acceptable, "who stays has the reply")
    .outcome(
        "lost wakeup",
        Grade::Forbidden,
        "who stays waits for a reply that is there",
    )
    .variant(
        Variant::naive(
            "takes-its-waker-away",
            "who is dropped takes its own waker out of the list",
            fails(FailureKind::LostWakeup),
            || one_is_given_up(Leaving::Alone), // code: takes-its-waker-away
        )
        .also_on([Strategy::Pos]),
    )
    .variant(
        Variant::fixed(
            "hands-it-on",
            "who is dropped after it was woken wakes all the others",
            || one_is_given_up(Leaving::HandingOn), // code: hands-it-on
        )
        .also_on([Strategy::Random, Strategy::Pos])
        .broken_by(
            "hands nothing on",
            || one_is_given_up(Leaving::Alone),
            FailureKind::LostWakeup,
        ),
    )
}

// code
#[derive(Clone, Copy, PartialEq)]
enum Leaving {
    Alone,
    HandingOn,
}

// What is being done with the future within.
const IDLE: u8 = 0;
const POLLING: u8 = 1;
const DONE: u8 = 2;

/// The future within: it waits for a reply.
#[derive(Default)]
struct Reply {
    value: Option<u32>,
    waker: Option<Waker>,
}

fn answer(reply: &Mutex<Reply>, value: u32) {
    let waker = {
        let mut reply = reply.lock().expect("nobody panics");
        reply.value = Some(value);
        reply.waker.take()
    };
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Who waits for the shared future. A waker is taken when it is woken.
type Waiting = Mutex<Vec<Option<Waker>>>;

fn wake_all(waiting: &Waiting) {
    let wakers: Vec<Waker> = {
        let mut waiting = waiting.lock().expect("nobody panics");
        waiting.iter_mut().filter_map(Option::take).collect()
    };
    wakers.into_iter().for_each(Waker::wake);
}

/// The waker of the future within: it wakes all who wait.
struct Notifier(Arc<Waiting>);

impl Wake for Notifier {
    fn wake(self: std::sync::Arc<Self>) {
        wake_all(&self.0);
    }
}

struct Inner {
    state: AtomicU8,
    waiting: Arc<Waiting>,
    reply: Arc<Mutex<Reply>>,
}

/// One of those who wait. Who finds the future idle polls it for all.
struct Shared {
    inner: Arc<Inner>,
    place: Option<usize>,
    leaving: Leaving,
}

impl Shared {
    fn register(&mut self, waker: &Waker) {
        let mut waiting = self.inner.waiting.lock().expect("nobody panics");
        let place = *self.place.get_or_insert_with(|| {
            waiting.push(None);
            waiting.len() - 1
        });
        waiting[place] = Some(waker.clone());
    }
}

impl Future for Shared {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        self.register(cx.waker());
        let inner = Arc::clone(&self.inner);
        let value = || inner.reply.lock().expect("nobody panics").value;
        let turn = (inner.state).compare_exchange(IDLE, POLLING, Ordering::SeqCst, Ordering::SeqCst);
        match turn {
            Err(POLLING) => return Poll::Pending,
            Err(_) => return Poll::Ready(value().expect("it is done")),
            Ok(_) => {}
        }
        let polled = {
            let mut reply = inner.reply.lock().expect("nobody panics");
            if reply.value.is_none() {
                let notifier = Notifier(Arc::clone(&inner.waiting));
                reply.waker = Some(Waker::from(std::sync::Arc::new(notifier)));
            }
            reply.value
        };
        match polled {
            None => {
                inner.state.store(IDLE, Ordering::SeqCst);
                Poll::Pending
            }
            Some(value) => {
                inner.state.store(DONE, Ordering::SeqCst);
                wake_all(&inner.waiting);
                Poll::Ready(value)
            }
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let Some(place) = self.place else { return };
        let was_woken = {
            let mut waiting = self.inner.waiting.lock().expect("nobody panics");
            waiting[place].take().is_none()
        };
        if was_woken && self.leaving == Leaving::HandingOn {
            wake_all(&self.inner.waiting);
        }
    }
}

fn one_is_given_up(leaving: Leaving) -> u32 {
    let reply: Arc<Mutex<Reply>> = Arc::new(Mutex::new(Reply::default()).named("reply"));
    let inner = Arc::new(Inner {
        state: AtomicU8::new(IDLE).named("state").showing(|state| match state {
            IDLE => "idle".to_owned(),
            POLLING => "polling".to_owned(),
            _ => "done".to_owned(),
        }),
        waiting: Arc::new(Mutex::new(Vec::new()).named("waiting")),
        reply: Arc::clone(&reply),
    });
    let shared = || Shared {
        inner: Arc::clone(&inner),
        place: None,
        leaving,
    };
    let (hasty, patient) = (shared(), shared());
    let hasty = task("hasty", async move {
        future::cancelable(hasty).await;
    });
    let patient = task("patient", patient);
    answer(&reply, 7);
    future::block_on(async {
        hasty.await.expect("nobody panics or is aborted");
        patient.await.expect("nobody panics or is aborted")
    })
}
// end
