#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::Folder;

#[test]
fn the_folder_is_given_set_or_the_users() {
    let env = |name: &str| match name {
        "HOME" => Some("/u".to_owned()),
        _ => None,
    };
    let set = |name: &str| (name == "SEALANE_HOME").then(|| "/s".to_owned());
    assert_eq!(Home::find(Some(Path::new("/g")), set).unwrap().path(), Path::new("/g"));
    assert_eq!(Home::find(None, set).unwrap().path(), Path::new("/s"));
    assert_eq!(Home::find(None, env).unwrap().path(), Path::new("/u/.sealane"));
    assert_eq!(Home::find(None, |_| None).unwrap_err().code(), "CLI-2002");
}

#[test]
fn a_configuration_is_read_as_written_and_refused_when_misspelt() {
    let folder = Folder::new();
    let home = Home::find(Some(&folder.0), |_| None).unwrap();
    assert_eq!(home.config().unwrap(), Config::default());
    let mut config = Config { node: Some("http://n".into()), member: Some("ACME".into()), ..Config::default() };
    config.keys.record = Some("a".into());
    assert!(config.keys.rename("a", "b") && !config.keys.rename("a", "c"));
    home.save_config(&config).unwrap();
    assert_eq!(home.config().unwrap(), config);
    std::fs::write(home.config_file(), "nod = \"http://n\"\n").unwrap();
    assert_eq!(home.config().unwrap_err().code(), "CLI-1004");
}
