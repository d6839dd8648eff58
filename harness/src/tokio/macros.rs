//! [`select!`](crate::tokio::select), [`join!`](crate::tokio::join) and [`try_join!`](crate::tokio::try_join), with the syntax of
//! tokio's.
//!
//! tokio's `select!` polls its branches in turn from one on that it draws, for each poll, from a random generator of its
//! own, where no engine can reach it. Here it is a branch of the program like [`choose`](crate::choose): with three
//! branches that are not disabled there are three orders for each poll, and all are explored.

use crate::engine::any;

/// The branch that a poll of `select!` begins with, out of so many.
#[doc(hidden)]
#[track_caller]
pub fn first_of(branches: usize) -> usize {
    if branches < 2 { 0 } else { any::first_of(branches) }
}

/// What `first_of` is with `biased;`.
#[doc(hidden)]
pub fn the_first(_branches: usize) -> usize {
    0
}

/// Waits for several futures at once, on one task, and goes on with the branch whose future is ready first and whose
/// pattern fits. The others are dropped.
///
/// The syntax is that of `tokio::select!`: `pattern = future => handler` or `pattern = future, if condition => handler`,
/// separated by commas, which may be left out after a block; at the end there may be `else => handler`, for when all
/// branches are disabled. Each poll begins with another branch, which a check chooses in every way; with `biased;` in
/// front it begins with the first.
///
/// tokio's own `select!` may be used in a check, with `biased;`. Without, it draws random numbers, and what depends on
/// them is reported as nondeterminism.
///
/// ```
/// use selvedge::tokio::{select, sync::oneshot};
/// use selvedge::{Check, future};
///
/// let report = Check::new("select").run(|| {
///     future::block_on(async {
///         let ((send_a, a), (send_b, b)) = (oneshot::channel(), oneshot::channel());
///         send_a.send('a').unwrap();
///         send_b.send('b').unwrap();
///         select! {
///             Ok(a) = a => a,
///             Ok(b) = b => b,
///             else => '?',
///         }
///     })
/// });
/// assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["'a'", "'b'"]);
/// ```
///
/// # Panics
/// When all branches are disabled and there is no `else`; and without `biased;` under loom, which knows no choices.
#[doc(hidden)]
#[macro_export]
macro_rules! __tokio_select {
    // What is left are the handlers: of the branch that has given something, or of none.
    (@handle [{$future:ident $on:ident $output:ident ($pattern:pat) $expression:tt $condition:tt ($handler:expr)} $($rest:tt)*] ($otherwise:expr)) => {
        if let ::core::option::Option::Some(output) = $output {
            match output {
                $pattern => $handler,
                #[allow(unreachable_patterns, reason = "a name matches whatever comes")]
                _ => ::core::unreachable!("the pattern has been tried"),
            }
        } else {
            $crate::__tokio_select!(@handle [$($rest)*] ($otherwise))
        }
    };
    (@handle [] ($otherwise:expr)) => {
        $otherwise
    };

    (@run $first:tt [] $otherwise:tt) => {
        ::core::compile_error!("select! needs a branch with a future")
    };
    (@run ($first:path) [$({$future:ident $on:ident $output:ident ($pattern:pat) ($expression:expr) ($($condition:expr)?) $handler:tt})+] $otherwise:tt) => {{
        $(let mut $on = true $(&& $condition)?;)+
        let ($($output,)+) = {
            let mut futures = ($(::std::boxed::Box::pin(::core::future::IntoFuture::into_future($expression)),)+);
            let ($($future,)+) = &mut futures;
            let selected = ::core::future::poll_fn(|context| {
                $(let mut $output = ::core::option::Option::None;)+
                let first = $first(0 $(+ ::core::primitive::usize::from($on))+);
                let mut selected = false;
                let mut pending = false;
                // From the first on, and then those before it.
                for behind in [true, false] {
                    let mut at = 0_usize;
                    $(
                        if $on && !selected {
                            let turn = (at >= first) == behind;
                            at += 1;
                            if turn {
                                match ::core::future::Future::poll($future.as_mut(), context) {
                                    ::core::task::Poll::Pending => pending = true,
                                    ::core::task::Poll::Ready(output) => {
                                        $on = false;
                                        // A guard sees what fits before anything is moved.
                                        #[allow(unused_variables, unused_mut)]
                                        match output {
                                            $pattern if { selected = true; false } => ::core::unreachable!(),
                                            _ => {}
                                        }
                                        if selected {
                                            $output = ::core::option::Option::Some(output);
                                        }
                                    }
                                }
                            }
                        }
                    )+
                    let _ = at;
                }
                match pending && !selected {
                    true => ::core::task::Poll::Pending,
                    false => ::core::task::Poll::Ready(($($output,)+)),
                }
            })
            .await;
            selected
        };
        $crate::__tokio_select!(@handle [$({$future $on $output ($pattern) () () $handler})+] $otherwise)
    }};

    // One branch after the other. The names are new for each.
    (@parse $first:tt [$($branches:tt)*] else => $otherwise:expr $(,)?) => {
        $crate::__tokio_select!(@run $first [$($branches)*] ($otherwise))
    };
    (@parse $first:tt [$($branches:tt)*]) => {
        $crate::__tokio_select!(
            @run $first [$($branches)*] (::core::panic!("all branches are disabled and there is no else branch"))
        )
    };
    (@parse $first:tt [$($branches:tt)*] $pattern:pat = $future:expr $(, if $condition:expr)? => $handler:block, $($rest:tt)*) => {
        $crate::__tokio_select!(
            @parse $first [$($branches)* {future on output ($pattern) ($future) ($($condition)?) ($handler)}] $($rest)*
        )
    };
    (@parse $first:tt [$($branches:tt)*] $pattern:pat = $future:expr $(, if $condition:expr)? => $handler:block $($rest:tt)*) => {
        $crate::__tokio_select!(
            @parse $first [$($branches)* {future on output ($pattern) ($future) ($($condition)?) ($handler)}] $($rest)*
        )
    };
    (@parse $first:tt [$($branches:tt)*] $pattern:pat = $future:expr $(, if $condition:expr)? => $handler:expr) => {
        $crate::__tokio_select!(
            @parse $first [$($branches)* {future on output ($pattern) ($future) ($($condition)?) ($handler)}]
        )
    };
    (@parse $first:tt [$($branches:tt)*] $pattern:pat = $future:expr $(, if $condition:expr)? => $handler:expr, $($rest:tt)*) => {
        $crate::__tokio_select!(
            @parse $first [$($branches)* {future on output ($pattern) ($future) ($($condition)?) ($handler)}] $($rest)*
        )
    };

    () => {
        ::core::compile_error!("select! needs a branch")
    };
    (biased;) => {
        ::core::compile_error!("select! needs a branch")
    };
    (else => $otherwise:expr $(,)?) => {
        $otherwise
    };
    (biased; else => $otherwise:expr $(,)?) => {
        $otherwise
    };
    (biased; $($branches:tt)+) => {
        $crate::__tokio_select!(@parse ($crate::tokio::macros::the_first) [] $($branches)+)
    };
    ($($branches:tt)+) => {
        $crate::__tokio_select!(@parse ($crate::tokio::macros::first_of) [] $($branches)+)
    };
}

/// Waits for all of several futures, on one task, and gives what they give as a tuple.
///
/// The syntax is that of `tokio::join!`. Like tokio's it begins each poll one future further on, so that none is always
/// the first, and always with the first one if `biased;` stands in front.
///
/// ```
/// use selvedge::tokio::join;
/// use selvedge::{Check, future};
///
/// let report = Check::new("join").run(|| {
///     future::block_on(async { join!(async { 1 }, future::spawn(async { 2 })) })
/// });
/// assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["(1, Ok(2))"]);
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __tokio_join {
    (@run $step:tt $take:ident [$({$future:ident $output:ident ($expression:expr)})+]) => {{
        let mut futures = ($(::core::option::Option::Some(
            ::std::boxed::Box::pin(::core::future::IntoFuture::into_future($expression))
        ),)+);
        let ($($future,)+) = &mut futures;
        $(let mut $output = ::core::option::Option::None;)+
        let mut first = 0_usize;
        let all = ::core::future::poll_fn(|context| {
            let mut pending = false;
            let mut at = 0_usize;
            // From the first on, and then those before it.
            for behind in [true, false] {
                at = 0;
                $(
                    let turn = (at >= first) == behind;
                    at += 1;
                    if turn && let ::core::option::Option::Some(waiting) = $future {
                        match ::core::future::Future::poll(waiting.as_mut(), context) {
                            ::core::task::Poll::Pending => pending = true,
                            ::core::task::Poll::Ready(output) => {
                                // A future is gone when it is done, and not when all are.
                                *$future = ::core::option::Option::None;
                                $crate::__tokio_join!(@$take $output output);
                            }
                        }
                    }
                )+
            }
            first = (first + $step) % at;
            if pending {
                return ::core::task::Poll::Pending;
            }
            let all = ($($output.take().expect("a future gives its output once"),)+);
            ::core::task::Poll::Ready($crate::__tokio_join!(@$take all))
        })
        .await;
        all
    }};
    (@any $output:ident $ready:ident) => {
        $output = ::core::option::Option::Some($ready)
    };
    (@any $all:ident) => {
        $all
    };
    (@ok $output:ident $ready:ident) => {
        match $ready {
            ::core::result::Result::Ok(output) => $output = ::core::option::Option::Some(output),
            ::core::result::Result::Err(error) => {
                return ::core::task::Poll::Ready(::core::result::Result::Err(error));
            }
        }
    };
    (@ok $all:ident) => {
        ::core::result::Result::Ok($all)
    };

    // The names are new for each.
    (@parse $step:tt $take:ident [$($futures:tt)+]) => {
        $crate::__tokio_join!(@run $step $take [$($futures)+])
    };
    (@parse $step:tt $take:ident [$($futures:tt)*] $future:expr $(, $($rest:tt)*)?) => {
        $crate::__tokio_join!(@parse $step $take [$($futures)* {future output ($future)}] $($($rest)*)?)
    };

    ($(biased;)?) => {
        async {}.await
    };
    (biased; $($futures:tt)+) => {
        $crate::__tokio_join!(@parse 0 any [] $($futures)+)
    };
    ($($futures:tt)+) => {
        $crate::__tokio_join!(@parse 1 any [] $($futures)+)
    };
}

/// [`join!`](crate::tokio::join) of futures that give a `Result`: a tuple in `Ok` when all are done, or the first `Err`, and
/// then the others are dropped.
///
/// ```
/// use selvedge::future;
/// use selvedge::tokio::try_join;
///
/// selvedge::check(|| {
///     let both = future::block_on(async { try_join!(async { Ok(1) }, std::future::ready(Err::<u8, _>("no"))) });
///     assert_eq!(both, Err("no"));
/// });
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __tokio_try_join {
    ($(biased;)?) => {
        async { ::core::result::Result::Ok(()) }.await
    };
    (biased; $($futures:tt)+) => {
        $crate::__tokio_join!(@parse 0 ok [] $($futures)+)
    };
    ($($futures:tt)+) => {
        $crate::__tokio_join!(@parse 1 ok [] $($futures)+)
    };
}

#[doc(inline)]
pub use {__tokio_join as join, __tokio_select as select, __tokio_try_join as try_join};
