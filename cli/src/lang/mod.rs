//! The two languages. Every sentence a person reads stands in `zh-CN.toml` and in `en.toml`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Display;
use std::sync::OnceLock;

/// A language of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    /// Simplified Chinese.
    #[value(name = "zh-CN", alias = "zh")]
    Chinese,
    /// English.
    #[value(name = "en")]
    English,
}

type Table = BTreeMap<String, String>;

static CHINESE: OnceLock<Table> = OnceLock::new();
static ENGLISH: OnceLock<Table> = OnceLock::new();

fn flatten(prefix: &str, value: &toml::Value, into: &mut Table) {
    match value {
        toml::Value::Table(fields) => {
            for (name, inner) in fields {
                let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                flatten(&key, inner, into);
            }
        }
        toml::Value::String(text) => {
            into.insert(prefix.to_owned(), text.clone());
        }
        _ => {}
    }
}

/// Reads a language file: sections and names become dotted keys.
fn read(text: &str) -> Result<Table, toml::de::Error> {
    let mut table = Table::new();
    flatten("", &toml::Value::Table(text.parse()?), &mut table);
    Ok(table)
}

impl Lang {
    /// The language asked for by `--lang`, else by `LC_ALL`, `LC_MESSAGES` or `LANG`; English otherwise.
    ///
    /// The words are searched before they are parsed, because a usage error needs a language too.
    pub fn choose(words: &[OsString], env: impl Fn(&str) -> Option<String>) -> Lang {
        let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
        let asked = words.iter().enumerate().find_map(|(i, word)| match word.strip_prefix("--lang") {
            Some("") => words.get(i + 1).copied(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        });
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| env(name).filter(|value| !value.is_empty()));
        match asked.map(str::to_owned).or(set) {
            Some(tag) if tag.starts_with("zh") => Lang::Chinese,
            _ => Lang::English,
        }
    }

    /// The tag, as `--lang` and the node's API write it.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::Chinese => "zh-CN",
            Lang::English => "en",
        }
    }

    fn table(self) -> &'static Table {
        // A test reads both files, so that neither can be empty in a build that passed.
        match self {
            Lang::Chinese => CHINESE.get_or_init(|| read(include_str!("zh-CN.toml")).unwrap_or_default()),
            Lang::English => ENGLISH.get_or_init(|| read(include_str!("en.toml")).unwrap_or_default()),
        }
    }

    /// The sentence under a key, if the table has it.
    pub fn find(self, key: &str) -> Option<&'static str> {
        self.table().get(key).map(String::as_str)
    }

    /// The sentence under a key with `{name}` replaced by the arguments.
    pub fn say(self, key: &str, args: &[(&str, &dyn Display)]) -> String {
        let sentence = self.find(key).unwrap_or(key);
        let mut out = String::with_capacity(sentence.len());
        let mut rest = sentence;
        // One pass, so that braces inside an argument stay as they are.
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, behind)) = after.split_once('}') else { break };
            out.push_str(before);
            match args.iter().find(|(given, _)| *given == name) {
                Some((_, value)) => out.push_str(&value.to_string()),
                None => out.push_str(&format!("{{{name}}}")),
            }
            rest = behind;
        }
        out.push_str(rest);
        out
    }
}

#[cfg(test)]
mod tests;
