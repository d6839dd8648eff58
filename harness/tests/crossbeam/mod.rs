//! Random programs over channels, and what they do with the channels of this crate and with those of the crate `crossbeam`.

use proptest::prelude::*;

/// An end of one of the channels of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Send(usize),
    Recv(usize),
}

/// How long an operation waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Waits,
    Tries,
    /// Milliseconds.
    For(u64),
}

#[derive(Clone, Debug)]
pub(crate) enum Op {
    One(End, How),
    Select { ends: Vec<End>, how: How, biased: bool },
    Ready(Vec<End>, How),
    Len(End),
    Drop(End),
}

/// The bounds of the channels, and what each task does. Only who uses an end has it.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) bounds: Vec<Option<usize>>,
    pub(crate) tasks: Vec<Vec<Op>>,
}

/// What an operation comes to that sends or receives nothing.
pub(crate) const BUSY: i64 = -1;
pub(crate) const GONE: i64 = -2;
pub(crate) const SENT: i64 = -3;
/// An operation of an end that the task has dropped.
pub(crate) const NONE: i64 = -4;

impl Op {
    fn ends(&self) -> Vec<End> {
        match self {
            Op::One(end, _) | Op::Len(end) | Op::Drop(end) => vec![*end],
            Op::Select { ends, .. } | Op::Ready(ends, _) => ends.clone(),
        }
    }
}

impl Program {
    pub(crate) fn uses(&self, task: usize, end: End) -> bool {
        self.tasks[task].iter().any(|op| op.ends().contains(&end))
    }
}

fn an_end(channels: usize) -> BoxedStrategy<End> {
    (0..channels, any::<bool>())
        .prop_map(|(channel, sends)| if sends { End::Send(channel) } else { End::Recv(channel) })
        .boxed()
}

fn how(times: bool) -> BoxedStrategy<How> {
    let times = if times { 2 } else { 0 };
    prop_oneof![
        4 => Just(How::Waits),
        3 => Just(How::Tries),
        times => (1..=2_u64).prop_map(How::For),
    ]
    .boxed()
}

fn an_op(channels: usize, times: bool) -> BoxedStrategy<Op> {
    prop_oneof![
        8 => (an_end(channels), how(times)).prop_map(|(end, how)| Op::One(end, how)),
        6 => (prop::collection::vec(an_end(channels), 1..=3), how(times), any::<bool>())
            .prop_map(|(ends, how, biased)| Op::Select { ends, how, biased }),
        1 => (prop::collection::vec(an_end(channels), 1..=2), how(times)).prop_map(|(ends, how)| Op::Ready(ends, how)),
        1 => an_end(channels).prop_map(Op::Len),
        1 => an_end(channels).prop_map(Op::Drop),
    ]
    .boxed()
}

/// Programs of two tasks with up to `two` operations each, or three tasks with up to `three`.
pub(crate) fn programs(two: usize, three: usize, times: bool) -> impl Strategy<Value = Program> {
    let bound = prop_oneof![3 => Just(Some(0)), 3 => Just(Some(1)), 1 => Just(Some(2)), 2 => Just(None)];
    let bounds = prop::collection::vec(bound, 1..=2);
    bounds.prop_flat_map(move |bounds| {
        let channels = bounds.len();
        let tasks = prop_oneof![
            prop::collection::vec(prop::collection::vec(an_op(channels, times), 1..=two), 2),
            prop::collection::vec(prop::collection::vec(an_op(channels, times), 1..=three), 3),
        ];
        (Just(bounds), tasks).prop_map(|(bounds, tasks)| Program { bounds, tasks })
    })
}

/// What a task of a program does, with the channels of one crate.
macro_rules! runner {
    ($name:ident, $($channel:tt)+) => {
        pub(crate) mod $name {
            use super::{BUSY, End, GONE, How, NONE, Op, Program, SENT};
            use $($channel)+::{self as channel, Receiver, Select, Sender};
            use std::time::Duration;

            /// The ends that a task has.
            pub(crate) struct Ends {
                senders: Vec<Option<Sender<i64>>>,
                receivers: Vec<Option<Receiver<i64>>>,
            }

            /// What each task has of the channels.
            pub(crate) fn open(program: &Program) -> Vec<Ends> {
                let channels: Vec<_> = (program.bounds.iter())
                    .map(|bound| match bound {
                        Some(bound) => channel::bounded(*bound),
                        None => channel::unbounded(),
                    })
                    .collect();
                let of = |task| Ends {
                    senders: (channels.iter().enumerate())
                        .map(|(at, (sender, _))| program.uses(task, End::Send(at)).then(|| sender.clone()))
                        .collect(),
                    receivers: (channels.iter().enumerate())
                        .map(|(at, (_, receiver))| program.uses(task, End::Recv(at)).then(|| receiver.clone()))
                        .collect(),
                };
                (0..program.tasks.len()).map(of).collect()
            }

            impl Ends {
                fn has(&self, end: &End) -> bool {
                    match *end {
                        End::Send(at) => self.senders[at].is_some(),
                        End::Recv(at) => self.receivers[at].is_some(),
                    }
                }

                fn sender(&self, at: usize) -> &Sender<i64> {
                    self.senders[at].as_ref().expect("the task has it")
                }

                fn receiver(&self, at: usize) -> &Receiver<i64> {
                    self.receivers[at].as_ref().expect("the task has it")
                }

                fn one(&self, end: End, how: How, message: i64) -> i64 {
                    let sent = |disconnected: bool| if disconnected { GONE } else { BUSY };
                    match (end, how) {
                        (End::Send(at), How::Waits) => self.sender(at).send(message).map_or(GONE, |()| SENT),
                        (End::Send(at), How::Tries) => {
                            let result = self.sender(at).try_send(message);
                            result.map_or_else(|error| sent(error.is_disconnected()), |()| SENT)
                        }
                        (End::Send(at), How::For(millis)) => {
                            let result = self.sender(at).send_timeout(message, Duration::from_millis(millis));
                            result.map_or_else(|error| sent(error.is_disconnected()), |()| SENT)
                        }
                        (End::Recv(at), How::Waits) => self.receiver(at).recv().unwrap_or(GONE),
                        (End::Recv(at), How::Tries) => {
                            let result = self.receiver(at).try_recv();
                            result.unwrap_or_else(|error| sent(error.is_disconnected()))
                        }
                        (End::Recv(at), How::For(millis)) => {
                            let result = self.receiver(at).recv_timeout(Duration::from_millis(millis));
                            result.unwrap_or_else(|error| sent(error.is_disconnected()))
                        }
                    }
                }

                fn select(&self, ends: &[End], biased: bool) -> Select<'_> {
                    let mut select = if biased { Select::new_biased() } else { Select::new() };
                    for end in ends {
                        match *end {
                            End::Send(at) => select.send(self.sender(at)),
                            End::Recv(at) => select.recv(self.receiver(at)),
                        };
                    }
                    select
                }

                /// Runs the operations of a task, and says what each came to.
                pub(crate) fn run(mut self, me: usize, ops: &[Op]) -> Vec<i64> {
                    let mut seen = Vec::new();
                    for (nth, op) in ops.iter().enumerate() {
                        let message = (me * 10 + nth) as i64;
                        let present = |ends: &[End]| ends.iter().filter(|end| self.has(end)).copied().collect::<Vec<_>>();
                        match op {
                            Op::One(end, _) | Op::Len(end) if !self.has(end) => seen.push(NONE),
                            Op::One(end, how) => seen.push(self.one(*end, *how, message)),
                            Op::Len(End::Send(at)) => seen.push(self.sender(*at).len() as i64),
                            Op::Len(End::Recv(at)) => seen.push(self.receiver(*at).len() as i64),
                            Op::Drop(End::Send(at)) => self.senders[*at] = None,
                            Op::Drop(End::Recv(at)) => self.receivers[*at] = None,
                            Op::Select { ends, how, biased } => {
                                let ends = present(ends);
                                if ends.is_empty() {
                                    continue;
                                }
                                let mut select = self.select(&ends, *biased);
                                let selected = match how {
                                    How::Waits => Some(select.select()),
                                    How::Tries => select.try_select().ok(),
                                    How::For(millis) => select.select_timeout(Duration::from_millis(*millis)).ok(),
                                };
                                let Some(selected) = selected else {
                                    seen.push(BUSY);
                                    continue;
                                };
                                let index = selected.index();
                                seen.push(index as i64);
                                seen.push(match ends[index] {
                                    End::Send(at) => selected.send(self.sender(at), message).map_or(GONE, |()| SENT),
                                    End::Recv(at) => selected.recv(self.receiver(at)).unwrap_or(GONE),
                                });
                            }
                            Op::Ready(ends, how) => {
                                let ends = present(ends);
                                if ends.is_empty() {
                                    continue;
                                }
                                let mut select = self.select(&ends, false);
                                let ready = match how {
                                    How::Waits => Some(select.ready()),
                                    How::Tries => select.try_ready().ok(),
                                    How::For(millis) => select.ready_timeout(Duration::from_millis(*millis)).ok(),
                                };
                                seen.push(ready.map_or(BUSY, |index| index as i64));
                            }
                        }
                    }
                    seen
                }
            }
        }
    };
}

runner!(ours, selvedge::crossbeam::channel);
runner!(theirs, crossbeam::channel);
