//! What the API says of itself, and what it says to those who ask for what it has not.

use super::attack::{Net, bearer};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

type Routes = BTreeMap<String, BTreeSet<String>>;

/// Routes and methods in the router's source: `.route("/v1/x", get(..).post(..))`.
fn routes_in_source() -> Routes {
    let source = include_str!("../../../node/src/api/mod.rs");
    let router = source.split("pub fn router").nth(1).unwrap().split("\n}").next().unwrap();
    let mut routes = Routes::new();
    for piece in router.split(".route(\"").skip(1) {
        let (path, handler) = piece.split_once('"').unwrap();
        let methods = ["get", "post", "put", "patch", "delete"];
        let found =
            methods.iter().filter(|method| handler.split(".route(").next().unwrap().contains(&format!("{method}(")));
        routes.insert(path.replace("{*", "{"), found.map(|m| (*m).to_owned()).collect());
    }
    routes
}

/// The OpenAPI document is version 3.1 and names exactly the routes of the router, with their parameters; the
/// pages to browse it load and ask nobody else for anything.
#[tokio::test(flavor = "multi_thread")]
async fn the_documentation_is_complete_and_alone() {
    let net = Net::start(55).await;
    let document = net.get(0, "/openapi.json", None).await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let mut described = Routes::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods: BTreeSet<String> = item.as_object().unwrap().keys().cloned().collect();
        for operation in item.as_object().unwrap().values() {
            assert!(operation["responses"].as_object().is_some_and(|r| !r.is_empty()), "{path}");
            let named = |p: &Value| (p["in"] == "path").then(|| p["name"].as_str().unwrap().to_owned());
            let parameters: BTreeSet<String> =
                operation["parameters"].as_array().into_iter().flatten().filter_map(named).collect();
            let in_path: BTreeSet<String> =
                path.split('{').skip(1).map(|p| p.split('}').next().unwrap().to_owned()).collect();
            assert_eq!(parameters, in_path, "{path}");
        }
        described.insert(path.clone(), methods);
    }
    let mut routes = routes_in_source();
    assert!(routes.len() > 20, "{routes:?}");
    for own in ["/openapi.json", "/docs", "/docs/{path}"] {
        assert!(routes.remove(own).is_some(), "{own}");
    }
    assert_eq!(described, routes);
    let mut queue = vec!["/docs/index.html".to_owned()];
    let mut loaded = BTreeSet::new();
    while let Some(path) = queue.pop() {
        if !loaded.insert(path.clone()) {
            continue;
        }
        let reply = net.get(0, &path, None).await;
        assert_eq!(reply.status, 200, "{path}");
        for reference in references(&path, &reply.text) {
            let off = reference.contains("//") || reference.contains(':');
            assert!(
                !off || reference.starts_with("data:") || reference.starts_with("#"),
                "{path} asks for {reference}"
            );
            if !off && !reference.starts_with('#') && !reference.is_empty() {
                queue.push(absolute(&reference));
            }
        }
    }
    let start = net.get(0, "/docs/swagger-initializer.js", None).await.text;
    assert!(!start.contains("://"), "the pages are told of another site: {start}");
    // Left alone, the viewer asks a validator on the internet about the document.
    let quiet = start.split_whitespace().collect::<String>().replace('\'', "\"");
    assert!(quiet.contains("\"validatorUrl\":\"none\"") || quiet.contains("\"validatorUrl\":null"), "{start}");
    println!("{} routes described, {} files of the pages, off-origin references 0", described.len(), loaded.len());
}

fn absolute(reference: &str) -> String {
    let name = reference.trim_start_matches("./").split(['?', '#']).next().unwrap();
    if name.starts_with('/') { name.to_owned() } else { format!("/docs/{name}") }
}

/// What a browser would load for a file: attributes of HTML, `url()` and `@import` of CSS, imports, workers and
/// fixed fetches of JavaScript.
fn references(path: &str, text: &str) -> Vec<String> {
    let marks: &[&str] = match path.rsplit('.').next().unwrap() {
        "html" => &["src=", "href=", "action=", "url(", "@import"],
        "css" => &["url(", "@import"],
        "js" => &["importScripts(", "new Worker(", "fetch(\"", "fetch('", ".src=\"", "import(\""],
        _ => &[],
    };
    let mut found = Vec::new();
    for mark in marks {
        for piece in text.split(mark).skip(1) {
            let piece = if mark.ends_with(['"', '\'']) { piece } else { piece.trim_start() };
            let quote = piece.chars().next().filter(|c| matches!(c, '"' | '\''));
            let end: &[char] = &['"', '\'', ')', '>', ' ', ';'];
            let value = match quote {
                Some(quote) => piece[1..].split(quote).next().unwrap_or_default(),
                // A variable of a script is no fixed address.
                None if path.ends_with(".js") && !mark.ends_with('"') && !mark.ends_with('\'') => continue,
                None => piece.split(end).next().unwrap_or_default(),
            };
            found.push(value.to_owned());
        }
    }
    found
}

/// Wrong paths, methods, parameters and bodies get 4xx problem documents, with and without a token.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_questions_get_problem_documents() {
    let net = Net::start(56).await;
    let token = net.client(0, &net.cast().customs).token().unwrap();
    let zeros = "0".repeat(64);
    let long = "x".repeat(20_000);
    let mut asked = 0;
    let paths = [
        ("/", 404),
        ("/v1", 404),
        ("/v1/", 404),
        ("/v1/nothing", 404),
        ("/v2/status", 404),
        ("/v1/status/", 404),
        ("//v1/status", 404),
        ("/v1/transactions/", 404),
        ("/v1/transactions/x", 400),
        ("/v1/transactions/..%2f..%2fetc%2fpasswd", 400),
        ("/v1/transactions/%ff", 400),
        ("/v1/transactions/%00", 400),
        ("/v1/records/x", 400),
        ("/v1/records/0:0", 400),
        ("/v1/records?perPage=0", 400),
        ("/v1/records?perPage=501", 400),
        ("/v1/records?perPage=-1", 400),
        ("/v1/records?perPage=1e3", 400),
        ("/v1/records?perPage=x", 400),
        ("/v1/records?limit=1", 400),
        ("/v1/records?nextPageToken=x", 400),
        ("/v1/records?nextPageToken=", 400),
        ("/v1/records?from=yesterday", 400),
        ("/v1/records?from=-1", 400),
        ("/v1/records?to=18446744073709551616", 400),
        ("/v1/records?kind=a&kind=b", 400),
        ("/v1/blocks?perPage=0", 400),
        ("/v1/blocks?x=1", 400),
        ("/v1/blocks?nextPageToken=AAAA", 400),
        ("/v1/blocks/x", 400),
        ("/v1/blocks/-1", 400),
        ("/v1/blocks/0", 404),
        ("/v1/blocks/18446744073709551615", 404),
        ("/v1/blocks/18446744073709551616", 400),
        ("/v1/members?perPage=0", 400),
        ("/v1/members/x%20y", 400),
        ("/v1/members/NOBODY", 404),
        ("/v1/members?nextPageToken=%00", 400),
        ("/v1/state", 400),
        ("/v1/state?key=", 202),
        ("/v1/state?key=a&height=x", 400),
        ("/v1/state?key=a&at=1", 400),
        ("/v1/receivables/x", 400),
        ("/v1/receivables/x/check", 400),
        ("/tlog/tile/", 404),
        ("/tlog/tile/x", 400),
        ("/tlog/tile/99/000", 400),
        ("/tlog/tile/0/..%2f..%2fx", 400),
        ("/tlog/tile/0/999", 404),
        ("/docs/nothing.js", 404),
        ("/docs/../Cargo.toml", 404),
    ];
    for (path, expected) in paths {
        let reply = net.get(0, path, Some(&token)).await;
        reply.check_problem(path);
        // Before the first checkpoint a state proof answers 202; after it, 200.
        let good = reply.status == expected || (expected == 202 && reply.status == 200);
        assert!(good, "{path}: {} {}", reply.status, reply.text);
        asked += 1;
    }
    for (path, expected) in [
        (format!("/v1/transactions/{zeros}"), 404),
        (format!("/v1/transactions/{zeros}/receipt"), 404),
        (format!("/v1/transactions/{zeros}/raw"), 404),
        (format!("/v1/transactions/{zeros}/receipt?record=65536"), 400),
        (format!("/v1/transactions/{zeros}/receipt?record=-1"), 400),
        (format!("/v1/transactions/{zeros}/receipt?x=1"), 400),
        (format!("/v1/transactions/{zeros}0"), 400),
        (format!("/v1/records/{zeros}:0"), 404),
        (format!("/v1/records/{zeros}:65536"), 400),
        (format!("/v1/records/{zeros}:00"), 400),
        (format!("/v1/receivables/{zeros}:0"), 404),
        (format!("/v1/records?object={long}"), 200),
        (format!("/v1/members/{long}"), 400),
    ] {
        let reply = net.get(0, &path, Some(&token)).await;
        reply.check_problem(&path);
        assert_eq!(reply.status, expected, "{path}: {}", reply.text);
        asked += 1;
    }
    let routes = routes_in_source();
    for (path, methods) in &routes {
        let path = path
            .replace("{id}", &zeros)
            .replace("{record}", &format!("{zeros}:0"))
            .replace("{height}", "1")
            .replace("{path}", "index.html");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
            if methods.contains(&method.to_lowercase()) {
                continue;
            }
            let request = net.http.request(method.parse().unwrap(), format!("{}{path}", net.url(0)));
            let reply = net.send(bearer(request, Some(&token))).await;
            reply.check_problem(&format!("{method} {path}"));
            assert_eq!((reply.status, reply.code().as_str()), (405, "API-0405"), "{method} {path}");
            assert!(!reply.header("allow").is_empty(), "{method} {path}: no Allow header");
            asked += 1;
        }
    }
    let bodies: [(&[u8], u16); 14] = [
        (b"", 400),
        (b"x", 400),
        (b"null", 400),
        (b"[]", 400),
        (b"{}", 400),
        (b"{\"record\":1,\"disclosures\":[]}", 400),
        (b"{\"record\":\"x\",\"disclosures\":[]}", 400),
        (b"{\"record\":\"x\",\"disclosures\":[],\"more\":1}", 400),
        (b"{\"record\":\"x\",\"record\":\"x\",\"disclosures\":[]}", 400),
        (b"{\"record\":\"x\",\"disclosures\":[1e999]}", 400),
        (b"\xff\xfe", 400),
        (&[b'['; 100_000], 400),
        (&[b' '; 1_100_000], 413),
        (b"{\"record\":\"x\",\"disclosures\":\"y\"}", 400),
    ];
    for (body, expected) in bodies {
        let request = net.http.post(format!("{}/v1/disclosures", net.url(0))).body(body.to_vec());
        let reply = net.send(bearer(request, Some(&token))).await;
        reply.check_problem("disclosures");
        assert_eq!(reply.status, expected, "{:.60?}: {}", String::from_utf8_lossy(body), reply.text);
        asked += 1;
    }
    for header in ["Basic eDp5", "bearer x", "Bearer", "Bearer  ", "Token x", "Bearer \u{e9}"] {
        let request = net.http.get(format!("{}/v1/members", net.url(0))).header("authorization", header.as_bytes());
        let reply = net.send(request).await;
        reply.check_problem(header);
        assert_eq!(reply.status, 401, "{header}");
        asked += 1;
    }
    assert_eq!(net.faults(), Vec::<String>::new());
    println!("{asked} wrong questions: every answer a problem document with a code, 5xx 0");
}
