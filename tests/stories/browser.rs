//! A browser, driven as a person drives it: Chromium, by the few calls of `WebDriver` that this takes.

use std::{
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use reqwest::Method;
use serde_json::{Value, json};

/// The key of an element's id in an answer: the standard says so.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one page, and its driver. Both end when this is dropped.
#[derive(Debug)]
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    http: reqwest::Client,
    session: String,
}

impl Browser {
    /// Starts a browser; none where there is no driver, unless `REQUIRE_BROWSER` is set.
    pub(crate) async fn start() -> Option<Self> {
        let started = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn();
        let mut driver = match started {
            Err(error) if error.kind() == ErrorKind::NotFound && std::env::var_os("REQUIRE_BROWSER").is_none() => {
                return None;
            }
            started => {
                started.unwrap_or_else(|error| panic!("chromedriver: {error}; Debian's package is chromium-driver"))
            }
        };
        let mut said = BufReader::new(driver.stdout.as_mut().unwrap()).lines().map_while(Result::ok);
        let port = said
            .find_map(|line| line.split("started successfully on port ").nth(1)?.trim_end_matches('.').parse().ok());
        let port = port.unwrap_or_else(|| panic!("chromedriver ended before it was ready"));
        let mut browser = Self { driver, port, http: reqwest::Client::new(), session: String::new() };
        // Without a sandbox, since root can have none; the page is our own.
        let options =
            json!({"args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1200,2000"]});
        // An element that is not there yet is waited for.
        let wanted = json!({"goog:chromeOptions": options, "timeouts": {"implicit": 20_000}});
        let session = browser.call("", &json!({"capabilities": {"alwaysMatch": wanted}})).await;
        browser.session = format!("/{}", session["sessionId"].as_str().unwrap());
        Some(browser)
    }

    pub(crate) async fn open(&self, url: &str) {
        self.call("/url", &json!({"url": url})).await;
    }

    /// Clicks the first element that a CSS selector finds.
    pub(crate) async fn click(&self, selector: &str) {
        self.act(selector, "click", &json!({})).await;
    }

    /// Types into a field in place of what it holds, or chooses a file by its path.
    pub(crate) async fn fill(&self, selector: &str, text: &str) {
        if !selector.contains("[type=file]") {
            self.act(selector, "clear", &json!({})).await;
        }
        self.act(selector, "value", &json!({"text": text})).await;
    }

    /// What a person reads there.
    pub(crate) async fn text(&self, selector: &str) -> String {
        let script = "return arguments[0].innerText";
        let element = json!({ELEMENT: self.find(selector).await});
        let text = self.call("/execute/sync", &json!({"script": script, "args": [element]})).await;
        text.as_str().unwrap().trim().to_owned()
    }

    async fn act(&self, selector: &str, doing: &str, how: &Value) {
        let element = self.find(selector).await;
        self.call(&format!("/element/{element}/{doing}"), how).await;
    }

    async fn find(&self, selector: &str) -> String {
        let found = self.call("/element", &json!({"using": "css selector", "value": selector})).await;
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    async fn call(&self, path: &str, body: &Value) -> Value {
        let url = format!("http://127.0.0.1:{}/session{}{path}", self.port, self.session);
        let answer = self.http.request(Method::POST, url).json(body).send().await.unwrap();
        let (status, mut answer) = (answer.status(), answer.json::<Value>().await.unwrap());
        assert!(status.is_success(), "{path} {body}: {}", answer["value"]["message"]);
        answer["value"].take()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // By itself the browser would outlive its driver.
        if let Ok(mut driver) = TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = driver.write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
            let _ = driver.read_to_end(&mut Vec::new());
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
