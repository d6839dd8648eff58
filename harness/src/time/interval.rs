//! [`interval`] and [`interval_at`].

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::instant::Instant;
use super::sleep::{Sleep, sleep_until};

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

/// What an [`Interval`] does about ticks that were missed. The variants are tokio's, and mean what they mean there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MissedTickBehavior {
    /// They come at once, one after the other, until the clock has caught up.
    #[default]
    Burst,
    /// They are skipped, and the next tick is one period after the late one.
    Delay,
    /// They are skipped, and the next tick is a multiple of the period after the start.
    Skip,
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
    #[track_caller]
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
                let into_period = now.duration_since(due).as_nanos() % self.period.as_nanos();
                let into_period = u64::try_from(into_period).unwrap_or(u64::MAX);
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
