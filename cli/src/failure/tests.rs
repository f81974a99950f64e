#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn node(value: Value) -> Failure {
    Failure::Node(Box::new(serde_json::from_value(value).unwrap()))
}

#[test]
fn the_code_gives_the_exit_code() {
    for (code, exit) in [("CLI-1001", 1), ("CLI-1205", 1), ("CLI-2001", 2), ("CLI-3001", 3), ("CLI-3002", 3)] {
        assert_eq!(Failure::new(code).exit(), exit, "{code}");
    }
    assert_eq!(node(json!({ "status": 403, "code": "TX-1103" })).exit(), 1);
}

#[test]
fn a_nodes_problem_is_passed_on() {
    let failure = node(json!({ "type": "about:blank", "status": 409, "code": "TX-1120", "title": "Taken", "detail": "Choose another jti.",
        "transaction": { "id": "aa", "status": "accepted" }, "errors": [{ "pointer": "/jti", "detail": "taken" }] }));
    assert_eq!(failure.code(), "TX-1120");
    assert_eq!(failure.sentence(Lang::Chinese), "Choose another jti.\n  /jti: taken");
    let json = failure.json(Lang::English);
    assert_eq!(json["message"], "Choose another jti.");
    assert_eq!(json["transaction"]["id"], "aa");
    assert_eq!(json["errors"][0]["pointer"], "/jti");
    let Failure::Node(problem) = failure else { panic!("a node's problem") };
    assert_eq!(problem.transaction(), Some("aa"));
}

#[test]
fn an_answer_without_explanation_gets_one() {
    let failure = node(json!({ "status": 502 }));
    assert_eq!(failure.code(), "CLI-1203");
    assert!(failure.sentence(Lang::English).contains("502"));
}
