use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use super::*;
use crate::wire::avro::INCIDENT;

/// A request as the registry saw it: first line, the headers, body.
pub struct Request {
    line: String,
    headers: Vec<String>,
    body: String,
}

/// Answers one connection after the other with what the script says, over a real socket; tells of every request.
pub fn fake(script: Vec<(u16, String)>) -> (String, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for (status, body) in script {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut lines = Vec::new();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                lines.push(line.trim().to_owned());
            }
            let length =
                lines.iter().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let mut sent = vec![0; length.unwrap_or(0)];
            reader.read_exact(&mut sent).unwrap();
            let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
            let line = lines.remove(0);
            tell.send(Request { line, headers: lines, body: String::from_utf8(sent).unwrap() }).unwrap();
        }
    });
    (url, told)
}

pub fn registry(url: &str) -> Registry {
    let config = SchemaRegistry { url: url.to_owned(), ..SchemaRegistry::default() };
    Registry { pause: Duration::from_millis(1), ..Registry::new(&config).unwrap() }
}

fn id(n: u32) -> (u16, String) {
    (200, format!(r#"{{"id":{n}}}"#))
}

pub fn held(schema: &str) -> (u16, String) {
    (200, json!({ "schema": schema }).to_string())
}

pub fn said(status: u16, message: &str) -> (u16, String) {
    (status, json!({ "error_code": 1, "message": message }).to_string())
}

pub fn lines(told: &Receiver<Request>) -> Vec<String> {
    told.try_iter().map(|r| r.line.trim_end_matches(" HTTP/1.1").to_owned()).collect()
}

#[test]
fn a_schema_is_registered_and_read_back() {
    // A registry may write the schema anew; what it means counts.
    let same = Schema::parse_str(INCIDENT).unwrap().canonical_form();
    let (url, told) = fake(vec![id(41), held(&same)]);
    assert_eq!(registry(&format!("{url}/")).id("trailgraph.incidents.v1-value", INCIDENT).unwrap(), 41);
    let first = told.recv().unwrap();
    assert_eq!(first.line, "POST /subjects/trailgraph.incidents.v1-value/versions HTTP/1.1");
    let body: serde_json::Value = serde_json::from_str(&first.body).unwrap();
    assert_eq!(body, json!({ "schema": INCIDENT }));
    assert!(
        first.headers.iter().any(|h| h == "content-type: application/vnd.schemaregistry.v1+json"),
        "{:?}",
        first.headers
    );
    assert!(!first.headers.iter().any(|h| h.starts_with("authorization")));
    assert_eq!(lines(&told), ["GET /schemas/ids/41"]);
}

#[test]
fn who_may_not_register_uses_what_is_there() {
    let (url, told) = fake(vec![said(403, "no"), id(7), held(INCIDENT)]);
    assert_eq!(registry(&url).id("s", INCIDENT).unwrap(), 7);
    assert_eq!(lines(&told), ["POST /subjects/s/versions", "POST /subjects/s", "GET /schemas/ids/7"]);
}

#[test]
fn a_registry_that_is_not_well_is_asked_again_and_not_for_ever() {
    let (url, told) = fake(vec![said(503, "leader lost"), said(500, "later"), id(7), held(INCIDENT)]);
    assert_eq!(registry(&url).id("s", INCIDENT).unwrap(), 7);
    assert_eq!(lines(&told).len(), 4);

    let (url, told) = fake(vec![said(503, "leader lost"); 9]);
    let error = format!("{:#}", registry(&url).id("s", INCIDENT).unwrap_err());
    assert_eq!(
        error,
        format!(
            "schema registry {url}, subject s: registering the schema: no answer in 5 tries: HTTP 503: leader lost"
        )
    );
    assert_eq!(lines(&told).len(), 5);

    // Nobody there at all.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = format!("{:#}", registry(&format!("http://127.0.0.1:{port}")).id("s", INCIDENT).unwrap_err());
    assert!(error.contains("no answer in 5 tries") && error.to_lowercase().contains("refused"), "{error}");
}

#[test]
fn what_asking_again_does_not_help_is_said_at_once() {
    for (script, want) in [
        (
            vec![said(401, "who?")],
            "it wants other credentials than schema_registry.username and its password: HTTP 401: who?",
        ),
        (
            vec![said(409, "field x")],
            "the schema is not compatible with an earlier one of this subject: HTTP 409: field x",
        ),
        (vec![said(422, "no schema")], "HTTP 422: no schema"),
        (
            vec![said(403, "no"), said(404, "Schema not found")],
            "the schema may not be registered, and is not there: HTTP 404: Schema not found",
        ),
        (vec![(302, String::new())], "HTTP 302"),
        (
            vec![(200, "<html>".into())],
            "this is no answer of a schema registry (expected value at line 1 column 1): HTTP 200: <html>",
        ),
        (vec![id(3), held("\"string\"")], "it holds another schema under the id 3 that it gave for ours"),
        (vec![id(3), said(404, "gone")], "reading the schema 3 back: HTTP 404: gone"),
    ] {
        let requests = script.len();
        let (url, told) = fake(script);
        let error = format!("{:#}", registry(&url).id("s", INCIDENT).unwrap_err());
        assert_eq!(error, format!("schema registry {url}, subject s: {want}"));
        assert_eq!(lines(&told).len(), requests);
    }
}

#[test]
fn credentials_come_from_the_file() {
    let file = std::env::temp_dir().join(format!("trailgraph-registry-{}", std::process::id()));
    std::fs::write(&file, "s3cret\n").unwrap();
    let (url, told) = fake(vec![id(1), held(INCIDENT)]);
    let config = SchemaRegistry { url, username: "me".into(), password_file: file.clone() };
    let registry = Registry::new(&config).unwrap();
    assert!(!format!("{registry:?}").contains("bWU6czNjcmV0"));
    assert_eq!(registry.id("s", INCIDENT).unwrap(), 1);
    for request in [told.recv().unwrap(), told.recv().unwrap()] {
        assert!(request.headers.iter().any(|h| h == "authorization: Basic bWU6czNjcmV0"), "{:?}", request.headers);
    }
    std::fs::remove_file(&file).unwrap();
    assert!(Registry::new(&config).is_err());
}

fn found(script: Vec<(u16, String)>) -> (Result<Found, String>, Vec<String>) {
    let (url, told) = fake(script);
    let found = registry(&url).schema(7).map_err(|e| format!("{e:#}").replace(&url, "URL"));
    (found, lines(&told))
}

#[test]
fn a_schema_is_found_with_all_that_it_refers_to() {
    let referring = |schema: &str, to: &[(&str, u32)]| {
        let to: Vec<_> = to.iter().map(|(s, v)| json!({ "name": "x", "subject": s, "version": v })).collect();
        (200, json!({ "schema": schema, "schemaType": "AVRO", "references": to }).to_string())
    };
    // One refers to b, and that to a; both to c.
    let script =
        vec![referring("one", &[("b/1", 2), ("c", 1)]), referring("b", &[("a", 3), ("c", 1)]), held("a"), held("c")];
    let (one, asked) = found(script);
    let others = ["a", "c", "b"].map(str::to_owned).to_vec();
    assert_eq!(one, Ok(Found::Avro { schema: "one".into(), others }));
    let paths = ["schemas/ids/7", "subjects/b%2F1/versions/2", "subjects/a/versions/3", "subjects/c/versions/1"];
    assert_eq!(asked, paths.map(|p| format!("GET /{p}")));

    let (plain, _) = found(vec![(200, json!({ "schema": "s", "references": null }).to_string())]);
    assert_eq!(plain, Ok(Found::Avro { schema: "s".into(), others: vec![] }));
    let (other, _) = found(vec![(200, json!({ "schema": "s", "schemaType": "PROTOBUF" }).to_string())]);
    assert_eq!(other, Ok(Found::Unusable("it is of the kind PROTOBUF".into())));
}

#[test]
fn only_the_registrys_own_word_says_that_there_is_no_such_schema() {
    let no = |code: u32| (404, json!({ "error_code": code, "message": "Schema not found" }).to_string());
    assert_eq!(found(vec![no(40_403)]).0, Ok(Found::Nothing));
    for (script, want) in [
        (vec![no(404)], "HTTP 404: Schema not found"),
        (vec![(404, "<html>".into())], "HTTP 404: <html>"),
        (
            vec![said(401, "who?")],
            "it wants other credentials than schema_registry.username and its password: HTTP 401: who?",
        ),
        (vec![said(403, "no")], "these credentials may not read it: HTTP 403: no"),
        (vec![said(500, "later"); 5], "reading the schema: no answer in 5 tries: HTTP 500: later"),
        (
            vec![(200, "{}".into())],
            "this is no answer of a schema registry (missing field `schema` at line 1 column 2): HTTP 200: {}",
        ),
    ] {
        assert_eq!(found(script).0, Err(format!("schema registry URL, schema 7: {want}")));
    }
    let (after, asked) = found(vec![said(503, "later"), held("s")]);
    assert!(after.is_ok() && asked.len() == 2, "{after:?} {asked:?}");
}

#[test]
fn what_refers_on_and_on_is_not_followed_for_ever() {
    let next = |n: usize| {
        let to = json!([{ "name": "x", "subject": format!("s{n}"), "version": 1 }]);
        (200, json!({ "schema": "s", "references": to }).to_string())
    };
    let (without_end, asked) = found((0..200).map(next).collect());
    assert_eq!(without_end, Ok(Found::Unusable("it refers to more than 100 others".into())));
    assert_eq!(asked.len(), 101);
}

/// It would be the same at every start, and no record behind it would ever be read.
#[test]
fn what_stays_as_it_is_is_no_reason_to_stop() {
    let to_gone = (200, json!({ "schema": "s", "references": [{ "subject": "a", "version": 2 }] }).to_string());
    let long = || (200, " ".repeat(usize::try_from(ANSWER_BYTES_MAX).unwrap() + 1));
    let gone = |code: u32| (404, json!({ "error_code": code, "message": "gone" }).to_string());
    let gone_said = "it refers to version 2 of a, which is not there";
    let long_said = "it, or one that it refers to, is longer than 4194304 bytes";
    for (script, want) in [
        (vec![to_gone.clone(), gone(40_401)], gone_said),
        (vec![to_gone.clone(), gone(40_402)], gone_said),
        (vec![to_gone.clone(), long()], long_said),
        (vec![long()], long_said),
    ] {
        let answers = script.len();
        let (found, asked) = found(script);
        assert_eq!((found, asked.len()), (Ok(Found::Unusable(want.into())), answers));
    }
    // A 404 without the registry's own code may pass.
    assert!(found(vec![to_gone, (404, "<html>".into())]).0.is_err());
}
