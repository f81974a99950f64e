//! A browser without a window, driven over its debugging pipe (Chrome DevTools Protocol: JSON ended by a zero byte).

use base64::Engine as _;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Names a browser of the Chromium family, where it is not found by itself.
const VARIABLE: &str = "SEALANE_BROWSER";
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const PATIENCE: Duration = Duration::from_secs(120);

fn executable() -> PathBuf {
    if let Some(named) = std::env::var_os(VARIABLE) {
        return named.into();
    }
    let path = std::env::var_os("PATH").unwrap();
    let places = std::env::split_paths(&path).flat_map(|folder| NAMES.map(|name| folder.join(name)));
    places.into_iter().find(|place| place.is_file()).unwrap_or_else(|| {
        panic!("no browser: install chromium (testnet/setup does so on Debian), or name one in {VARIABLE}")
    })
}

/// One browser with one tab and an empty profile. Ends with the value.
pub struct Browser {
    process: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    calls: u64,
    session: Option<String>,
    /// Addresses asked for, the opened files included.
    pub requests: Vec<String>,
    /// What the browser complained of: exceptions, refused scripts.
    pub complaints: Vec<String>,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts one.
    pub fn start() -> Browser {
        let profile = tempfile::tempdir().unwrap();
        // The protocol runs over the descriptors 3 and 4: the shell moves ours there.
        let mut process = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >&2"#])
            .arg(executable())
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--disable-dev-shm-usage", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let to = process.stdin.take().unwrap();
        let mut reader = BufReader::new(process.stdout.take().unwrap());
        let (send, from) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while reader.read_until(0, &mut message).is_ok_and(|n| n > 0) {
                message.pop();
                let Ok(value) = serde_json::from_slice(&message) else { return };
                if send.send(value).is_err() {
                    return;
                }
                message.clear();
            }
        });
        let mut browser = Browser {
            process,
            to,
            from,
            calls: 0,
            session: None,
            requests: Vec::new(),
            complaints: Vec::new(),
            _profile: profile,
        };
        let targets = browser.call("Target.getTargets", json!({}));
        let tab = targets["targetInfos"].as_array().unwrap().iter().find(|t| t["type"] == "page").unwrap();
        let attached = browser.call("Target.attachToTarget", json!({"targetId": tab["targetId"], "flatten": true}));
        browser.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Network", "DOM", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        let size = json!({"width": 1100, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        browser.call("Emulation.setDeviceMetricsOverride", size);
        browser
    }

    /// Calls a method and waits for its result; notes the events that come before it.
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.calls += 1;
        let mut message = json!({"id": self.calls, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(message.to_string().as_bytes()).unwrap();
        self.to.write_all(&[0]).unwrap();
        self.to.flush().unwrap();
        loop {
            let mut reply =
                self.from.recv_timeout(PATIENCE).unwrap_or_else(|e| panic!("{method}: the browser is silent: {e}"));
            if reply["id"] == self.calls {
                assert!(reply.get("error").is_none(), "{method}: {}", reply["error"]);
                return reply["result"].take();
            }
            self.note(&reply);
        }
    }

    fn note(&mut self, event: &Value) {
        match event["method"].as_str().unwrap_or_default() {
            "Network.requestWillBeSent" => {
                self.requests.push(event["params"]["request"]["url"].as_str().unwrap().to_owned());
            }
            "Runtime.exceptionThrown" | "Log.entryAdded" => self.complaints.push(event["params"].to_string()),
            _ => {}
        }
    }

    /// The value of an expression in the page, awaited.
    pub fn value(&mut self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let mut reply = self.call("Runtime.evaluate", parameters);
        assert!(reply.get("exceptionDetails").is_none(), "{}", reply["exceptionDetails"]);
        reply["result"]["value"].take()
    }

    /// Gives files to an input.
    pub fn give(&mut self, selector: &str, files: &[&Path]) {
        let document = self.call("DOM.getDocument", json!({}))["root"]["nodeId"].clone();
        let node = self.call("DOM.querySelector", json!({"nodeId": document, "selector": selector}));
        self.call("DOM.setFileInputFiles", json!({"nodeId": node["nodeId"], "files": files}));
    }

    /// A picture of the whole page.
    pub fn picture(&mut self, to: &Path) {
        let size = self.call("Page.getLayoutMetrics", json!({}))["cssContentSize"].clone();
        let clip = json!({"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1});
        let shot = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let data = self.call("Page.captureScreenshot", shot)["data"].take();
        let bytes = base64::engine::general_purpose::STANDARD.decode(data.as_str().unwrap()).unwrap();
        std::fs::write(to, bytes).unwrap();
    }

    /// How often the verifier page has settled after a change; none before it first did.
    fn settled(&mut self) -> Option<u64> {
        self.value("document.body?.dataset.settled ?? null").as_str().and_then(|n| n.parse().ok())
    }

    /// Does something to the verifier page and waits until it has settled again.
    pub fn settle_after(&mut self, act: impl FnOnce(&mut Browser)) {
        let before = self.settled().unwrap_or(0);
        act(self);
        let start = Instant::now();
        while self.settled().is_none_or(|now| now <= before) {
            assert!(start.elapsed() < PATIENCE, "the page does not settle: {:?}", self.complaints);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Opens a verifier page from disk; the fragment begins with `#` where there is one.
    pub fn open(&mut self, file: &Path, fragment: &str) {
        self.call("Page.navigate", json!({"url": "about:blank"}));
        let url = format!("file://{}{fragment}", file.display());
        self.settle_after(|browser| {
            browser.call("Page.navigate", json!({"url": url}));
        });
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
