//! [`select!`](crate::crossbeam::select) and [`select_biased!`](crate::crossbeam::channel::select_biased), with the syntax of `crossbeam_channel`'s.
//!
//! Both add their branches to a [`Select`](super::Select) and do what that selects.

use super::receiver::Receiver;
use super::sender::Sender;

/// The receiver of a branch, which may be given by a reference to it.
#[doc(hidden)]
pub fn receiver<T>(receiver: &Receiver<T>) -> &Receiver<T> {
    receiver
}

/// The sender of a branch, which may be given by a reference to it.
#[doc(hidden)]
pub fn sender<T>(sender: &Sender<T>) -> &Sender<T> {
    sender
}

/// Waits until one of several operations is ready, does it, and goes on with its branch.
///
/// The branches are `recv(receiver) -> result => body` and `send(sender, message) -> result => body`, separated by commas, which may be
/// left out after a block; the message is evaluated once the branch is selected. There may be a `default => body` for when none is ready,
/// or a `default(timeout) => body` for when none has been in that time, which is virtual.
///
/// If several are ready, `crossbeam_channel` draws one. Here it is a branch of the program like [`choose`](crate::choose), and each is explored.
/// [`select_biased!`](crate::crossbeam::channel::select_biased) takes the first.
///
/// ```
/// use selvedge::Check;
/// use selvedge::crossbeam::channel::{bounded, select};
///
/// let report = Check::new("select").run(|| {
///     let ((to_a, a), (to_b, b)) = (bounded(1), bounded(1));
///     to_a.send('a').unwrap();
///     select! {
///         recv(a) -> message => message.unwrap(),
///         send(to_b, 'b') -> sent => {
///             sent.unwrap();
///             b.recv().unwrap()
///         }
///     }
/// });
/// assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["'a'", "'b'"]);
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __crossbeam_select {
    // What is selected is looked for branch by branch.
    (@branch $selected:ident [{recv $end:ident $index:ident ($of:expr) () ($result:pat) ($body:expr)} $($rest:tt)*]) => {
        if $index == $selected.index() {
            let $result = $selected.recv($end);
            $body
        } else {
            $crate::__crossbeam_select!(@branch $selected [$($rest)*])
        }
    };
    (@branch $selected:ident [{send $end:ident $index:ident ($of:expr) ($message:expr) ($result:pat) ($body:expr)} $($rest:tt)*]) => {
        if $index == $selected.index() {
            let $result = $selected.send($end, $message);
            $body
        } else {
            $crate::__crossbeam_select!(@branch $selected [$($rest)*])
        }
    };
    (@branch $selected:ident []) => {
        ::core::unreachable!("one of the branches is selected")
    };

    (@end recv) => { $crate::crossbeam::channel::macros::receiver };
    (@end send) => { $crate::crossbeam::channel::macros::sender };

    (@run $new:ident [$({$kind:ident $end:ident $index:ident ($of:expr) $message:tt $result:tt $body:tt})*] $default:tt) => {
        // What the branches are given lives until the end of this.
        match ($(&$of,)*) {
            ($($end,)*) => {
                let mut select = $crate::crossbeam::channel::Select::$new();
                $(
                    let $end = $crate::__crossbeam_select!(@end $kind)($end);
                    let $index = select.$kind($end);
                )*
                $crate::__crossbeam_select!(
                    @select select [$({$kind $end $index ($of) $message $result $body})*] $default
                )
            }
        }
    };

    (@select $select:ident $branches:tt []) => {{
        let selected = $select.select();
        $crate::__crossbeam_select!(@branch selected $branches)
    }};
    (@select $select:ident $branches:tt [() $body:expr]) => {
        match $select.try_select() {
            ::core::result::Result::Ok(selected) => $crate::__crossbeam_select!(@branch selected $branches),
            ::core::result::Result::Err(_) => $body,
        }
    };
    (@select $select:ident $branches:tt [($timeout:expr) $body:expr]) => {
        match $select.select_timeout($timeout) {
            ::core::result::Result::Ok(selected) => $crate::__crossbeam_select!(@branch selected $branches),
            ::core::result::Result::Err(_) => $body,
        }
    };

    // One branch after the other. The names are new for each.
    (@parse $new:ident [$($branches:tt)*] $default:tt) => {
        $crate::__crossbeam_select!(@run $new [$($branches)*] $default)
    };
    // A body that is a block, and no comma.
    (@parse $new:ident $branches:tt $default:tt recv $of:tt -> $result:pat => $body:block $($rest:tt)*) => {
        $crate::__crossbeam_select!(@recv $new $branches $default $of ($result) ($body) $($rest)*)
    };
    (@parse $new:ident $branches:tt $default:tt send $of:tt -> $result:pat => $body:block $($rest:tt)*) => {
        $crate::__crossbeam_select!(@send $new $branches $default $of ($result) ($body) $($rest)*)
    };
    (@parse $new:ident $branches:tt $default:tt default $(($($timeout:expr)?))? => $body:block $($rest:tt)*) => {
        $crate::__crossbeam_select!(@default $new $branches $default ($($($timeout)?)?) ($body) $($rest)*)
    };
    (@parse $new:ident $branches:tt $default:tt recv $of:tt -> $result:pat => $body:expr $(, $($rest:tt)*)?) => {
        $crate::__crossbeam_select!(@recv $new $branches $default $of ($result) ($body) $(, $($rest)*)?)
    };
    (@parse $new:ident $branches:tt $default:tt send $of:tt -> $result:pat => $body:expr $(, $($rest:tt)*)?) => {
        $crate::__crossbeam_select!(@send $new $branches $default $of ($result) ($body) $(, $($rest)*)?)
    };
    (@parse $new:ident $branches:tt $default:tt default $(($($timeout:expr)?))? => $body:expr $(, $($rest:tt)*)?) => {
        $crate::__crossbeam_select!(@default $new $branches $default ($($($timeout)?)?) ($body) $(, $($rest)*)?)
    };

    (@recv $new:ident [$($branches:tt)*] $default:tt ($of:expr $(,)?) $result:tt $body:tt $(, $($rest:tt)*)?) => {
        $crate::__crossbeam_select!(
            @parse $new [$($branches)* {recv end index ($of) () $result $body}] $default $($($rest)*)?
        )
    };
    (@recv $new:ident [$($branches:tt)*] $default:tt ($of:expr $(,)?) $result:tt $body:tt $($rest:tt)+) => {
        $crate::__crossbeam_select!(
            @parse $new [$($branches)* {recv end index ($of) () $result $body}] $default $($rest)+
        )
    };
    (@send $new:ident [$($branches:tt)*] $default:tt ($of:expr, $message:expr $(,)?) $result:tt $body:tt $(, $($rest:tt)*)?) => {
        $crate::__crossbeam_select!(
            @parse $new [$($branches)* {send end index ($of) ($message) $result $body}] $default $($($rest)*)?
        )
    };
    (@send $new:ident [$($branches:tt)*] $default:tt ($of:expr, $message:expr $(,)?) $result:tt $body:tt $($rest:tt)+) => {
        $crate::__crossbeam_select!(
            @parse $new [$($branches)* {send end index ($of) ($message) $result $body}] $default $($rest)+
        )
    };
    (@default $new:ident $branches:tt [] $timeout:tt ($body:expr) $(, $($rest:tt)*)?) => {
        $crate::__crossbeam_select!(@parse $new $branches [$timeout $body] $($($rest)*)?)
    };
    (@default $new:ident $branches:tt [] $timeout:tt ($body:expr) $($rest:tt)+) => {
        $crate::__crossbeam_select!(@parse $new $branches [$timeout $body] $($rest)+)
    };
    (@default $new:ident $branches:tt [$($one:tt)+] $($rest:tt)*) => {
        ::core::compile_error!("there is more than one `default` in `select!`")
    };

    () => {
        ::core::compile_error!("empty `select!` block")
    };
    ($($branches:tt)+) => {
        $crate::__crossbeam_select!(@parse new [] [] $($branches)+)
    };
}

/// [`select!`](crate::crossbeam::select) that takes the first of its branches that is ready.
///
/// ```
/// use selvedge::Check;
/// use selvedge::crossbeam::channel::{select_biased, unbounded};
///
/// let report = Check::new("select-biased").run(|| {
///     let ((to_a, a), (to_b, b)) = (unbounded(), unbounded());
///     to_a.send('a').unwrap();
///     to_b.send('b').unwrap();
///     select_biased! {
///         recv(b) -> message => message.unwrap(),
///         recv(a) -> message => message.unwrap(),
///     }
/// });
/// assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["'b'"]);
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __crossbeam_select_biased {
    () => {
        ::core::compile_error!("empty `select_biased!` block")
    };
    ($($branches:tt)+) => {
        $crate::__crossbeam_select!(@parse new_biased [] [] $($branches)+)
    };
}

#[doc(inline)]
pub use {__crossbeam_select as select, __crossbeam_select_biased as select_biased};
