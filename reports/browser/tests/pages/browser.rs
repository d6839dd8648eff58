//! Chromium, and a page that is open in it.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use headless_chrome::protocol::cdp::types::Event;
use headless_chrome::protocol::cdp::{Emulation, Network, Page as Protocol};
use headless_chrome::{Browser, LaunchOptions, Tab};
use serde::de::DeserializeOwned;
use tempfile::TempDir;

/// Where Chromium is: `SELVEDGE_CHROMIUM`, or what Debian and others call it.
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("SELVEDGE_CHROMIUM") {
        return Some(PathBuf::from(named));
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file())
}

/// How a page is looked at.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) width: u32,
    pub(crate) dark: bool,
    pub(crate) scripts: bool,
    pub(crate) print: bool,
}

pub(crate) const WIDE: Look = Look {
    width: 1600,
    dark: false,
    scripts: true,
    print: false,
};

/// An open page, and all that it should not have done.
pub(crate) struct Page {
    tab: Arc<Tab>,
    wrong: Arc<Mutex<Vec<String>>>,
    _browser: Browser,
    _files: TempDir,
}

impl Page {
    /// Opens a page from a file, in a browser of its own with an empty profile.
    pub(crate) fn open(html: &str, look: Look) -> Result<Page> {
        let files = TempDir::new()?;
        let file = files.path().join("page.html");
        std::fs::write(&file, html)?;
        let args = [
            "--disable-gpu",
            "--disable-quic",
            "--disable-component-update",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-sync",
        ];
        let options = LaunchOptions::default_builder()
            .path(chromium())
            .headless(true)
            .sandbox(false)
            .user_data_dir(Some(files.path().join("profile")))
            .window_size(Some((look.width, 900)))
            .args(args.map(OsStr::new).to_vec())
            .idle_browser_timeout(Duration::from_secs(120))
            .build()?;
        let browser = Browser::new(options)?;
        let tab = browser.new_tab()?;
        let wrong = Arc::new(Mutex::new(Vec::new()));
        watch(&tab, &wrong, format!("file://{}", file.display()))?;
        set_up(&tab, look)?;
        tab.navigate_to(&format!("file://{}", file.display()))?
            .wait_until_navigated()?;
        Ok(Page {
            tab,
            wrong,
            _browser: browser,
            _files: files,
        })
    }

    /// The value of an expression.
    pub(crate) fn value<T: DeserializeOwned>(&self, expression: &str) -> Result<T> {
        let result = self
            .tab
            .evaluate(&format!("(async () => JSON.stringify(await ({expression})))()"), true)?;
        match result.value.as_ref().and_then(|value| value.as_str()) {
            Some(json) => serde_json::from_str(json).with_context(|| format!("{expression} is {json}")),
            None => bail!("{expression}: {:?}", result.description),
        }
    }

    /// Runs a script that is no expression.
    pub(crate) fn run(&self, script: &str) -> Result<()> {
        self.tab.evaluate(script, true).map(drop)
    }

    /// The text of the first element that is selected.
    pub(crate) fn text(&self, selector: &str) -> Result<String> {
        self.value(&format!("document.querySelector({selector:?}).innerText"))
    }

    /// How many elements are selected.
    pub(crate) fn count(&self, selector: &str) -> Result<usize> {
        self.value(&format!("document.querySelectorAll({selector:?}).length"))
    }

    /// How many of those can be seen.
    pub(crate) fn visible(&self, selector: &str) -> Result<usize> {
        self.value(&format!(
            "[...document.querySelectorAll({selector:?})].filter((e) => e.getClientRects().length > 0).length"
        ))
    }

    /// Clicks in the middle of an element, as a mouse does.
    pub(crate) fn click(&self, selector: &str) -> Result<()> {
        self.tab.wait_for_element(selector)?.click().map(drop)
    }

    /// Presses a key.
    pub(crate) fn press(&self, key: &str) -> Result<()> {
        self.tab.press_key(key).map(drop)
    }

    /// Presses a key several times.
    pub(crate) fn press_times(&self, key: &str, times: usize) -> Result<()> {
        (0..times).try_for_each(|_| self.press(key))
    }

    /// Fails if the page has said anything on the console, or asked for anything.
    pub(crate) fn close(self) -> Result<()> {
        // A round trip, so that what was on its way has come.
        self.value::<u32>("new Promise((done) => setTimeout(() => done(1), 50))")
            .ok();
        let wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        match wrong.as_slice() {
            [] => Ok(()),
            wrong => bail!("the page did what it must not: {}", wrong.join("; ")),
        }
    }
}

fn watch(tab: &Tab, wrong: &Arc<Mutex<Vec<String>>>, own: String) -> Result<()> {
    tab.enable_log()?.enable_runtime()?;
    tab.call_method(Network::Enable {
        max_total_buffer_size: None,
        max_resource_buffer_size: None,
        max_post_data_size: None,
        report_direct_socket_traffic: None,
        enable_durable_messages: None,
    })?;
    let wrong = Arc::clone(wrong);
    tab.add_event_listener(Arc::new(move |event: &Event| {
        let said = match event {
            Event::RuntimeExceptionThrown(thrown) => Some(format!("{:?}", thrown.params.exception_details)),
            Event::RuntimeConsoleAPICalled(called) => Some(format!("{:?}", called.params.args)),
            Event::LogEntryAdded(added) => Some(added.params.entry.text.clone()),
            Event::NetworkRequestWillBeSent(sent) if sent.params.request.url != own => {
                Some(format!("asks for {}", sent.params.request.url))
            }
            _ => None,
        };
        if let Some(said) = said {
            wrong.lock().unwrap_or_else(PoisonError::into_inner).push(said);
        }
    }))?;
    Ok(())
}

fn set_up(tab: &Tab, look: Look) -> Result<()> {
    let feature = |name: &str, value: &str| Emulation::MediaFeature {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    tab.call_method(Emulation::SetEmulatedMedia {
        media: Some(if look.print { "print" } else { "" }.to_owned()),
        features: Some(vec![
            feature("prefers-color-scheme", if look.dark { "dark" } else { "light" }),
            feature("prefers-reduced-motion", "reduce"),
        ]),
    })?;
    tab.call_method(Emulation::SetScriptExecutionDisabled { value: !look.scripts })?;
    tab.call_method(Emulation::SetDeviceMetricsOverride {
        width: look.width,
        height: 900,
        device_scale_factor: 1.0,
        mobile: false,
        scale: None,
        screen_width: None,
        screen_height: None,
        position_x: None,
        position_y: None,
        dont_set_visible_size: None,
        screen_orientation: None,
        viewport: None,
        display_feature: None,
        device_posture: None,
    })?;
    // Once more, so that a page that is open already follows.
    tab.call_method(Protocol::Enable {
        enable_file_chooser_opened_event: None,
    })?;
    Ok(())
}
