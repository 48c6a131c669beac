//! A browser that is driven by the WebDriver protocol, as far as the walks need it.
//!
//! By hand, since it is a page of JSON over HTTP: of the crates for it, one switches on `serde_json/preserve_order`, and with
//! it another order of fields in the tests of every crate here, and the other brings a dependency under MPL.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

/// What a browser looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Light,
    Dark,
    Phone,
    DarkPhone,
}

/// The programs, by the names that they have on Debian and elsewhere.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Programs(&'static str);

/// How long an expression has to become true: this many times this many seconds.
const TRIES: u32 = 4;
const SECONDS_A_TRY: u32 = 20;

const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

impl Programs {
    /// Whether both can be started.
    pub(crate) fn find() -> Option<Self> {
        let starts = |name: &str| {
            let run = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
            run.is_ok_and(|status| status.success())
        };
        let browser = BROWSERS.into_iter().find(|name| starts(name))?;
        starts("chromedriver").then_some(Self(browser))
    }
}

/// Another name of this machine, of which the browser does not know that it is one.
pub(crate) const ELSEWHERE: &str = "sandbox.example";

/// A browser with one window, which ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Browser {
    driver: Child,
    http: reqwest::Client,
    session: String,
    pub(crate) version: String,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its browser when it is asked to, not when it is killed.
        let _ = end_session(&self.session);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Without a runtime, since a walk that failed has none.
fn end_session(url: &str) -> std::io::Result<()> {
    let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap_or((url, ""));
    let mut stream = TcpStream::connect(host)?;
    write!(stream, "DELETE /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    // It answers when its browser has ended, and may leave the connection open.
    stream.read(&mut [0; 1_024]).map(drop)
}

fn start_driver() -> Option<(Child, u16)> {
    let mut command = Command::new("chromedriver");
    command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
    let mut driver = command.spawn().expect("chromedriver starts");
    let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines.map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    if port.is_none() {
        let _ = driver.wait();
    }
    Some((driver, port?))
}

impl Browser {
    pub(crate) async fn start(Programs(browser): Programs, look: Look) -> Self {
        // it ends if the port that it found for IPv4 is taken for IPv6
        let started = (0..10).find_map(|_| start_driver());
        let (driver, port) = started.expect("chromedriver starts and tells its port");
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let base = format!("http://127.0.0.1:{port}");
        let mut started = Self { driver, http, session: format!("{base}/session"), version: String::new() };
        let elsewhere = format!("--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1");
        let mut args = vec![
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            &elsewhere,
            "--window-size=1280,800",
            // a page that the browser thinks nobody sees is not kept up to date
            "--disable-backgrounding-occluded-windows",
            "--disable-background-timer-throttling",
            "--disable-renderer-backgrounding",
        ];
        let mut options = json!({ "binary": path_of(browser) });
        let is_phone = matches!(look, Look::Phone | Look::DarkPhone);
        let is_dark = matches!(look, Look::Dark | Look::DarkPhone);
        args.push(if is_dark {
            "--blink-settings=preferredColorScheme=0"
        } else {
            "--blink-settings=preferredColorScheme=1"
        });
        if is_phone {
            options["mobileEmulation"] = json!({ "deviceMetrics": { "width": 390, "height": 844, "pixelRatio": 1.0 } });
        }
        options["args"] = json!(args);
        let wanted = json!({
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "script": SECONDS_A_TRY * 1_000 },
        });
        let made = started.post("", json!({ "capabilities": { "alwaysMatch": wanted } })).await;
        started.session = format!("{base}/session/{}", made["sessionId"].as_str().expect("a session"));
        started.version = made["capabilities"]["browserVersion"].as_str().expect("a version").to_owned();
        if !is_phone {
            let view = json!({ "width": 1280, "height": 800 + 143, "x": 0, "y": 0 });
            started.post("/window/rect", view).await;
        }
        started
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let value = self.ask(path, &body).await;
        assert!(value["error"].is_null(), "{path} {body}: {}", value["message"]);
        value
    }

    async fn ask(&self, path: &str, body: &Value) -> Value {
        let sent = self.http.post(format!("{}{path}", self.session)).json(body).send().await.unwrap();
        let mut response: Value = sent.json().await.unwrap();
        response["value"].take()
    }

    pub(crate) async fn open(&self, url: &str) {
        self.post("/url", json!({ "url": url })).await;
    }

    async fn element(&self, using: &str, value: &str) -> String {
        let found = self.post("/element", json!({ "using": using, "value": value })).await;
        found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned()
    }

    /// Clicks the button or link with this text, as a person does, and waits for the page it leads to.
    pub(crate) async fn click(&self, text: &str) {
        self.has_fetched_itself().await;
        let path = format!("//main//*[self::a or self::button][contains(normalize-space(.), \"{text}\")]");
        loop {
            let element = self.element("xpath", &path).await;
            let clicked = self.ask(&format!("/element/{element}/click"), &json!({})).await;
            // the page has replaced it since it was found
            if clicked["error"] != "stale element reference" {
                assert!(clicked["error"].is_null(), "{text}: {}", clicked["message"]);
                return;
            }
        }
    }

    /// A page that follows changes fetches itself once. If that moved what is pressed, the click would be lost.
    async fn has_fetched_itself(&self) {
        self.wait_until(
            "!document.querySelector('[hx-trigger]')
             || performance.getEntriesByType('resource').some((it) => it.initiatorType === 'fetch' && !it.name.endsWith('/ui/live'))",
        )
        .await;
    }

    /// Returns when the page shows everything that has happened.
    pub(crate) async fn settle(&self) {
        if self.is("document.querySelector('[hx-trigger]') !== null").await == json!(true) {
            let here = self.is("location.href").await;
            self.open(here.as_str().unwrap()).await;
        }
        self.has_fetched_itself().await;
    }

    /// Makes the window so many pixels wide.
    pub(crate) async fn resize(&self, width: u32) {
        let window = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
        let command = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": window });
        self.post("/goog/cdp/execute", command).await;
        self.wait_until(&format!("innerWidth === {width}")).await;
    }

    pub(crate) async fn click_css(&self, css: &str) {
        let element = self.element("css selector", css).await;
        self.post(&format!("/element/{element}/click"), json!({})).await;
    }

    pub(crate) async fn type_into(&self, css: &str, text: &str) {
        let element = self.element("css selector", css).await;
        self.post(&format!("/element/{element}/value"), json!({ "text": text })).await;
    }

    /// Presses a key where the focus is.
    pub(crate) async fn press(&self, key: &str) {
        let actions = [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })];
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.post("/actions", json!({ "actions": [keyboard] })).await;
    }

    /// Pastes where the focus is.
    pub(crate) async fn paste(&self) {
        const CONTROL: &str = "\u{e009}";
        let key = |kind: &str, value: &str| json!({ "type": kind, "value": value });
        let actions = [key("keyDown", CONTROL), key("keyDown", "v"), key("keyUp", "v"), key("keyUp", CONTROL)];
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.post("/actions", json!({ "actions": [keyboard] })).await;
    }

    /// What an expression is in the page.
    pub(crate) async fn is(&self, expression: &str) -> Value {
        self.post("/execute/sync", json!({ "script": format!("return ({expression})"), "args": [] })).await
    }

    pub(crate) async fn run(&self, script: &str) {
        self.post("/execute/sync", json!({ "script": script, "args": [] })).await;
    }

    /// The outcome of a promise.
    pub(crate) async fn promised(&self, expression: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1]; ({expression}).then(done, (error) => done(String(error)))"
        );
        self.post("/execute/async", json!({ "script": script, "args": [] })).await
    }

    /// Returns when an expression is true in the page, without loading it again.
    pub(crate) async fn wait_until(&self, expression: &str) {
        // What it looks for may be missing while a page is replaced, which throws and would end the waiting.
        let script = format!(
            "const done = arguments[arguments.length - 1];
             const holds = () => {{ try {{ return ({expression}) }} catch {{ return false }} }};
             const look = () => holds() ? done(true) : setTimeout(look, 20);
             look();"
        );
        let mut outcome = Value::Null;
        let mut tries = 0;
        while tries < TRIES {
            outcome = self.ask("/execute/async", &json!({ "script": script, "args": [] })).await;
            let message = outcome["message"].as_str().unwrap_or_default();
            if message.contains("script timeout") {
                // its timers may have gone with the page before, of which not every browser tells
                tries += 1;
            } else if !message.contains("document unloaded") {
                break;
            }
        }
        if outcome != json!(true) {
            let text = self.is("location.pathname + '\\n' + document.body.innerText").await;
            panic!("{expression}: {}, and the page shows:\n{}", outcome["message"], text.as_str().unwrap_or_default());
        }
    }

    pub(crate) async fn wait_for_text(&self, text: &str) {
        self.wait_until(&format!("document.querySelector('main').innerText.includes({})", json!(text))).await;
    }

    /// The window as a PNG.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        let sent = self.http.get(format!("{}/screenshot", self.session)).send().await.unwrap();
        let answer: Value = sent.json().await.unwrap();
        let text = answer["value"].as_str().unwrap();
        base64::engine::general_purpose::STANDARD.decode(text).unwrap()
    }

    /// What the console complained about: scripts that failed, and what the page's policy kept from happening.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", json!({ "type": "browser" })).await;
        let entries = log.as_array().unwrap().iter();
        let severe = entries.filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].as_str().unwrap_or("").to_owned()).collect()
    }
}

fn path_of(name: &str) -> String {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.expect("it has been started before").to_string_lossy().into_owned()
}
