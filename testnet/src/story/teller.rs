//! Telling the story: a line per step for people, an object per step for programs.

use super::StoryError;
use serde::Serialize;
use std::time::Instant;

/// A step as `--json` prints it.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// What was done.
    pub step: String,
    /// Whether it succeeded.
    pub ok: bool,
    /// How long it took.
    pub ms: u128,
    /// What came of it.
    pub detail: String,
}

/// Prints steps.
pub struct Teller {
    json: bool,
    count: usize,
}

impl Teller {
    /// As people, or as programs read it.
    pub fn new(json: bool) -> Teller {
        Teller { json, count: 0 }
    }

    /// Does a step and tells how it went.
    ///
    /// # Errors
    /// The step's own.
    pub async fn step<T>(
        &mut self,
        name: &str,
        work: impl Future<Output = Result<(T, String), StoryError>>,
    ) -> Result<T, StoryError> {
        let began = Instant::now();
        let result = work.await;
        let (ok, detail) = match &result {
            Ok((_, detail)) => (true, detail.clone()),
            Err(error) => (false, error.to_string()),
        };
        self.tell(&Step { step: name.to_owned(), ok, ms: began.elapsed().as_millis(), detail });
        result.map(|(value, _)| value)
    }

    fn tell(&mut self, step: &Step) {
        self.count += 1;
        if self.json {
            println!("{}", serde_json::to_string(step).unwrap_or_default());
            return;
        }
        let mark = if step.ok { "ok" } else { "FAILED" };
        println!("{:>2}  {mark}  {:>6} ms  {}", self.count, step.ms, step.step);
        for line in step.detail.lines() {
            println!("                  {line}");
        }
    }

    /// A line that is not a step, for people only.
    pub fn say(&self, line: &str) {
        if !self.json {
            println!("{line}");
        }
    }
}
