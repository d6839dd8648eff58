//! The pages in Chromium: stepped through by clicks and keys, looked at light and dark, narrow and wide, without scripts and
//! on paper, and judged by axe.
//!
//! `SELVEDGE_CHROMIUM` names the browser, as `/usr/bin/chromium`; without it, all of this is ignored. For the judgement of axe, `SELVEDGE_AXE` names the file `axe.min.js` of the package
//! `axe-core` from npm; without it, that part is ignored.

mod browser;
mod play;
mod programs;
mod steps;
mod views;

use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let mut arguments = Arguments::from_args();
    // Each test has a browser of its own.
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let axe = std::env::var("SELVEDGE_AXE").ok();
    let has_browser = browser::chromium().is_some();
    let trial = |name: &str, test: fn() -> anyhow::Result<()>| {
        let name = match has_browser {
            true => name.to_owned(),
            false => format!("{name} (no Chromium: SELVEDGE_CHROMIUM names it)"),
        };
        Trial::test(name, move || test().map_err(|error| Failed::from(format!("{error:#}"))))
            .with_ignored_flag(!has_browser)
    };
    let mut trials = vec![
        trial("clicks_step_through_an_execution", steps::clicks),
        trial("keys_step_through_an_execution", steps::keys),
        trial("the_cause_is_told_and_what_decides_is_marked", steps::cause),
        trial("it_plays_to_the_end_and_stops", steps::plays),
        trial("a_click_on_a_row_goes_there", steps::row),
        trial("the_panel_says_who_holds_what_and_who_waits", steps::panel),
        trial("arrows_are_drawn_when_asked_for", steps::arrows),
        trial("two_executions_step_together", steps::pair),
        trial(
            "keys_are_left_to_the_page_where_there_are_two_timelines",
            steps::two_on_a_page,
        ),
        trial("a_reader_plays_by_clicks", play::clicks),
        trial("a_reader_plays_by_keys", play::keys),
        trial(
            "nobody_is_told_that_the_repaired_one_holds_before_he_has_tried",
            play::secret,
        ),
        trial("without_scripts_nothing_can_be_played", play::without_scripts),
        trial("the_texts_of_a_program_stay_texts", views::hostile),
        trial("without_scripts_it_is_a_table", views::without_scripts),
        trial("on_paper_there_are_no_buttons", views::print),
        trial("narrow_pages_keep_the_step_and_the_victim_in_sight", views::narrow),
        trial("nothing_is_wider_than_the_screen", views::no_wider),
    ];
    for look in views::LOOKS {
        let file = axe.clone();
        let why = match (has_browser, &file) {
            (false, _) => " (no Chromium: SELVEDGE_CHROMIUM names it)",
            (_, None) => " (no axe: set SELVEDGE_AXE to axe.min.js of the package axe-core)",
            _ => "",
        };
        let name = format!(
            "axe_finds_nothing_{}_{}{why}",
            look.width,
            if look.dark { "dark" } else { "light" }
        );
        let ignored = file.is_none() || !has_browser;
        let judge = move || {
            let file = file.as_deref().unwrap_or_default();
            views::axe(look, file).map_err(|error| Failed::from(format!("{error:#}")))
        };
        trials.push(Trial::test(name, judge).with_ignored_flag(ignored));
    }
    libtest_mimic::run(&arguments, trials).exit();
}
