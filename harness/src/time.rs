//! Time with the names of `tokio::time`: [`Instant`], [`sleep`], [`timeout`], [`interval`].
//!
//! Under the controlled engine time is virtual. It starts at zero in every execution, takes no time to
//! pass, and passes only when nothing else can happen: when no task is enabled, the clock moves to the
//! earliest deadline, and every timer that is due sets the wake-up token of its task. Work therefore
//! takes no time at all, and a timer never fires "too early" because another task was slow. What that
//! cannot show is a program that is wrong only when a timer overtakes work that is ready to run:
//! [`Check::early_timers`](crate::Check::early_timers) lets it.
//!
//! On real threads everything is tokio's. loom has no time, so all of this refuses to run there.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomPinned;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

pub use std::time::Duration;
pub use tokio::time::MissedTickBehavior;

use crate::engine::clock::nanos;
use crate::engine::{self, Engine};
use crate::kernel::Class;

/// A point in time: virtual under the controlled engine, real otherwise. The two do not mix.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Point);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Point {
    Real(tokio::time::Instant),
    /// Nanoseconds since the execution began.
    Virtual(u64),
}

/// Refuses what loom cannot do.
#[track_caller]
fn refuse_loom() {
    if engine::current() == Engine::Loom {
        engine::loom::unsupported("time");
    }
}

impl Instant {
    /// The current time.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub fn now() -> Self {
        refuse_loom();
        match engine::current() {
            Engine::Controlled => Instant(Point::Virtual(engine::clock::now())),
            _ => Instant(Point::Real(tokio::time::Instant::now())),
        }
    }

    /// The time that has passed since this instant.
    #[track_caller]
    pub fn elapsed(&self) -> Duration {
        Instant::now().duration_since(*self)
    }

    /// The time from `earlier` to this instant; zero if it is not earlier.
    #[track_caller]
    pub fn duration_since(&self, earlier: Instant) -> Duration {
        self.checked_duration_since(earlier).unwrap_or_default()
    }

    /// The time from `earlier` to this instant; zero if it is not earlier.
    #[track_caller]
    pub fn saturating_duration_since(&self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }

    /// The time from `earlier` to this instant, if it is earlier.
    ///
    /// # Panics
    /// When one of the two is virtual and the other is real.
    #[track_caller]
    pub fn checked_duration_since(&self, earlier: Instant) -> Option<Duration> {
        match (self.0, earlier.0) {
            (Point::Real(later), Point::Real(earlier)) => later.checked_duration_since(earlier),
            (Point::Virtual(later), Point::Virtual(earlier)) => later.checked_sub(earlier).map(Duration::from_nanos),
            _ => panic!("{}", engine::FOREIGN),
        }
    }

    /// The instant `duration` later, if there is one.
    pub fn checked_add(&self, duration: Duration) -> Option<Instant> {
        match self.0 {
            Point::Real(instant) => instant.checked_add(duration).map(|i| Instant(Point::Real(i))),
            Point::Virtual(at) => {
                let nanos = u64::try_from(duration.as_nanos()).ok()?;
                at.checked_add(nanos).map(|at| Instant(Point::Virtual(at)))
            }
        }
    }

    /// The instant `duration` earlier, if there is one.
    pub fn checked_sub(&self, duration: Duration) -> Option<Instant> {
        match self.0 {
            Point::Real(instant) => instant.checked_sub(duration).map(|i| Instant(Point::Real(i))),
            Point::Virtual(at) => {
                let nanos = u64::try_from(duration.as_nanos()).ok()?;
                at.checked_sub(nanos).map(|at| Instant(Point::Virtual(at)))
            }
        }
    }

    /// The instant `duration` later, or one so far away that nobody will see it.
    fn saturating_add(self, duration: Duration) -> Instant {
        let far = match self.0 {
            // 30 years, as tokio has it.
            Point::Real(at) => Point::Real(at + Duration::from_secs(86_400 * 365 * 30)),
            Point::Virtual(_) => Point::Virtual(NEVER),
        };
        self.checked_add(duration).unwrap_or(Instant(far))
    }

    fn real(self) -> tokio::time::Instant {
        match self.0 {
            Point::Real(instant) => instant,
            Point::Virtual(_) => panic!("{}", engine::FOREIGN),
        }
    }

    #[track_caller]
    fn virtual_nanos(self) -> u64 {
        match self.0 {
            Point::Virtual(at) => at,
            Point::Real(_) => panic!("{}", engine::FOREIGN),
        }
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Point::Real(instant) => instant.fmt(f),
            Point::Virtual(at) => Duration::from_nanos(at).fmt(f),
        }
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;

    #[track_caller]
    fn add(self, duration: Duration) -> Instant {
        self.checked_add(duration)
            .expect("the instant is later than any clock can tell")
    }
}

impl AddAssign<Duration> for Instant {
    #[track_caller]
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for Instant {
    type Output = Instant;

    #[track_caller]
    fn sub(self, duration: Duration) -> Instant {
        self.checked_sub(duration)
            .expect("the instant is earlier than the clock")
    }
}

impl SubAssign<Duration> for Instant {
    #[track_caller]
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl Sub<Instant> for Instant {
    type Output = Duration;

    #[track_caller]
    fn sub(self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }
}

/// A deadline that never comes.
const NEVER: u64 = u64::MAX;

/// Waits for a time.
///
/// # Panics
/// Under loom.
#[track_caller]
pub fn sleep(duration: Duration) -> Sleep {
    sleep_until(Instant::now().saturating_add(duration))
}

/// Waits until a point in time.
///
/// # Panics
/// Under loom.
#[track_caller]
pub fn sleep_until(deadline: Instant) -> Sleep {
    refuse_loom();
    let kind = match engine::current() {
        Engine::Controlled => Kind::Virtual(Timer::new(deadline.virtual_nanos())),
        _ => {
            let runtime = engine::native::runtime();
            let _inside = runtime.enter();
            Kind::Real(Box::pin(tokio::time::sleep_until(deadline.real())))
        }
    };
    Sleep {
        kind,
        _pinned: PhantomPinned,
    }
}

/// Waits until a point in time; made by [`sleep`] and [`sleep_until`].
#[must_use = "futures do nothing unless you await or poll them"]
pub struct Sleep {
    kind: Kind,
    /// As tokio's, it cannot be moved once polled.
    _pinned: PhantomPinned,
}

enum Kind {
    Real(Pin<Box<tokio::time::Sleep>>),
    Virtual(Timer),
}

impl Sleep {
    /// When it is over.
    pub fn deadline(&self) -> Instant {
        match &self.kind {
            Kind::Real(sleep) => Instant(Point::Real(sleep.deadline())),
            Kind::Virtual(timer) => Instant(Point::Virtual(timer.deadline)),
        }
    }

    /// Whether it is over.
    pub fn is_elapsed(&self) -> bool {
        match &self.kind {
            Kind::Real(sleep) => sleep.is_elapsed(),
            Kind::Virtual(timer) => engine::clock::now() >= timer.deadline,
        }
    }

    /// Waits until another point in time instead.
    #[track_caller]
    pub fn reset(self: Pin<&mut Self>, deadline: Instant) {
        match self.kind_mut() {
            Kind::Real(sleep) => sleep.as_mut().reset(deadline.real()),
            Kind::Virtual(timer) => timer.reset(deadline.virtual_nanos()),
        }
    }

    fn kind_mut(self: Pin<&mut Self>) -> &mut Kind {
        // SAFETY: nothing is moved out of a pinned field: tokio's future has a box of its own, and a
        // `Timer` may move.
        unsafe { &mut self.get_unchecked_mut().kind }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.kind_mut() {
            Kind::Real(sleep) => sleep.as_mut().poll(cx),
            Kind::Virtual(timer) => timer.poll(cx.waker()),
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("deadline", &self.deadline())
            .finish_non_exhaustive()
    }
}

/// A deadline of the virtual clock, and the waker the kernel keeps for it.
///
/// Looking at the clock is no operation where it moves only when every task waits.
struct Timer {
    deadline: u64,
    location: &'static Location<'static>,
    epoch: u64,
    /// The kernel's entry: the deadline it was made for, and its number.
    entry: Option<(u64, u64)>,
}

impl Timer {
    #[track_caller]
    fn new(deadline: u64) -> Self {
        Timer {
            deadline,
            location: Location::caller(),
            epoch: engine::with_kernel(|k| k.epoch),
            entry: None,
        }
    }

    /// Wakes the last waker it was polled with.
    fn poll(&mut self, waker: &Waker) -> Poll<()> {
        assert!(engine::current() == Engine::Controlled, "{}", engine::FOREIGN);
        engine::polled_with(waker);
        engine::clock::timer("sleep", Class::Arm, self.location, |step| {
            let (now, was_armed) = (engine::with_kernel(|k| k.now), self.remove());
            let is_over = now >= self.deadline;
            let arms = !is_over && self.deadline != NEVER;
            if arms {
                let waker = waker.clone();
                let serial = engine::with_kernel(|k| k.add_timer(self.deadline, waker));
                self.entry = Some((self.deadline, serial));
            }
            if let Some(step) = step {
                step.refine(
                    0,
                    match (was_armed, arms) {
                        (false, true) => Class::Arm,
                        (true, false) => Class::Disarm,
                        // In the end there is one timer as before.
                        (true, true) | (false, false) => Class::Read,
                    },
                );
                let deadline = Duration::from_nanos(self.deadline);
                step.tell(|| match is_over {
                    true => format!("slept until {deadline:?}"),
                    false => format!("sleeps until {deadline:?}"),
                });
            }
            if is_over { Poll::Ready(()) } else { Poll::Pending }
        })
    }

    fn reset(&mut self, deadline: u64) {
        self.cancel();
        self.deadline = deadline;
    }

    /// Gives the timer up, if it is running.
    fn cancel(&mut self) {
        if self.entry.is_none() || engine::try_with_kernel(|k| k.epoch) != Some(self.epoch) {
            return;
        }
        engine::clock::timer("drop sleep", Class::Disarm, self.location, |step| {
            let removed = self.remove();
            if let Some(step) = step {
                if !removed {
                    step.refine(0, Class::Read);
                }
                let deadline = Duration::from_nanos(self.deadline);
                step.tell(|| format!("sleeps no more until {deadline:?}"));
            }
        });
    }

    /// Whether the timer was running still.
    fn remove(&mut self) -> bool {
        let entry = self.entry.take();
        // The waker is dropped only here: the kernel is not borrowed any more.
        entry
            .and_then(|(deadline, serial)| engine::with_kernel(|k| k.remove_timer(deadline, serial)))
            .is_some()
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// Waits for `future`, at most for `duration`.
///
/// # Errors
/// [`Elapsed`] when the time is over and the future is not ready; it is polled first.
#[track_caller]
pub fn timeout<F: IntoFuture>(duration: Duration, future: F) -> Timeout<F::IntoFuture> {
    Timeout {
        future: future.into_future(),
        sleep: sleep(duration),
    }
}

/// Waits for `future`, at most until `deadline`.
///
/// # Errors
/// [`Elapsed`] when the time is over and the future is not ready; it is polled first.
#[track_caller]
pub fn timeout_at<F: IntoFuture>(deadline: Instant, future: F) -> Timeout<F::IntoFuture> {
    Timeout {
        future: future.into_future(),
        sleep: sleep_until(deadline),
    }
}

/// Waits for a future for a limited time; made by [`timeout`] and [`timeout_at`].
#[must_use = "futures do nothing unless you await or poll them"]
#[derive(Debug)]
pub struct Timeout<F> {
    future: F,
    sleep: Sleep,
}

/// The time was over first.
#[derive(Debug, PartialEq, Eq)]
pub struct Elapsed(());

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deadline has elapsed")
    }
}

impl std::error::Error for Elapsed {}

impl<F> Timeout<F> {
    /// The future it waits for.
    pub fn get_ref(&self) -> &F {
        &self.future
    }

    /// The future, without a limit.
    pub fn into_inner(self) -> F {
        self.future
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: both fields are pinned with the whole and never moved out of it: there is no Drop,
        // and `into_inner` takes a timeout that was never pinned.
        let (future, sleep) = unsafe {
            let this = self.get_unchecked_mut();
            (
                Pin::new_unchecked(&mut this.future),
                Pin::new_unchecked(&mut this.sleep),
            )
        };
        if let Poll::Ready(value) = future.poll(cx) {
            return Poll::Ready(Ok(value));
        }
        sleep.poll(cx).map(|()| Err(Elapsed(())))
    }
}

/// Ticks now and then every `period`.
///
/// # Panics
/// When `period` is zero, and under loom.
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    interval_at(Instant::now(), period)
}

/// Ticks at `start` and then every `period`.
///
/// # Panics
/// When `period` is zero, and under loom.
#[track_caller]
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    assert!(period > Duration::ZERO, "an interval has a period greater than zero");
    Interval {
        sleep: Box::pin(sleep_until(start)),
        period,
        behavior: MissedTickBehavior::Burst,
    }
}

/// A clock that ticks; made by [`interval`] and [`interval_at`].
#[derive(Debug)]
pub struct Interval {
    sleep: Pin<Box<Sleep>>,
    period: Duration,
    behavior: MissedTickBehavior,
}

/// A tick this late still counts as in time, as in tokio.
const TOLERANCE: Duration = Duration::from_millis(5);

impl Interval {
    /// Waits for the next tick and gives the time it was due. The first one is due at the start.
    /// Dropping the future loses no tick.
    pub async fn tick(&mut self) -> Instant {
        std::future::poll_fn(|cx| self.poll_tick(cx)).await
    }

    /// [`tick`](Self::tick) for a hand-written future.
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        if self.sleep.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        let (due, now) = (self.sleep.deadline(), Instant::now());
        let next = if now > due.saturating_add(TOLERANCE) {
            self.after_missed(due, now)
        } else {
            due.saturating_add(self.period)
        };
        self.sleep.as_mut().reset(next);
        Poll::Ready(due)
    }

    /// When the next tick is due after one that came late.
    fn after_missed(&self, due: Instant, now: Instant) -> Instant {
        match self.behavior {
            MissedTickBehavior::Burst => due.saturating_add(self.period),
            MissedTickBehavior::Delay => now.saturating_add(self.period),
            MissedTickBehavior::Skip => {
                let into_period = nanos(now.duration_since(due)) % nanos(self.period);
                now.saturating_add(self.period - Duration::from_nanos(into_period))
            }
        }
    }

    /// The next tick is one period from now.
    #[track_caller]
    pub fn reset(&mut self) {
        self.reset_after(self.period);
    }

    /// The next tick is now.
    #[track_caller]
    pub fn reset_immediately(&mut self) {
        self.reset_after(Duration::ZERO);
    }

    /// The next tick is after `duration`.
    #[track_caller]
    pub fn reset_after(&mut self, duration: Duration) {
        self.reset_at(Instant::now().saturating_add(duration));
    }

    /// The next tick is at `deadline`.
    #[track_caller]
    pub fn reset_at(&mut self, deadline: Instant) {
        self.sleep.as_mut().reset(deadline);
    }

    /// What happens to ticks that were missed.
    pub fn missed_tick_behavior(&self) -> MissedTickBehavior {
        self.behavior
    }

    /// Sets what happens to ticks that were missed. Default: they come in a burst.
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.behavior = behavior;
    }

    /// The time between two ticks.
    pub fn period(&self) -> Duration {
        self.period
    }
}
