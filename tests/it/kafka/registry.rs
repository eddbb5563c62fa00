//! A schema registry, as far as the service uses one. It ends with the test.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// The id of whatever is registered.
pub const ID: u32 = 77;

#[derive(Clone)]
pub struct Registry {
    pub url: String,
    held: Arc<Mutex<Held>>,
}

#[derive(Default)]
struct Held {
    schemas: BTreeMap<u32, String>,
    down: bool,
    asked: Vec<String>,
}

impl Registry {
    pub fn start() -> Registry {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let registry = Registry { url, held: Arc::default() };
        let served = registry.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                served.answer(stream.unwrap());
            }
        });
        registry
    }

    pub fn hold(&self, id: u32, schema: &str) {
        self.held.lock().unwrap().schemas.insert(id, schema.to_owned());
    }

    /// From now on it is there and not well, or well again.
    pub fn set_down(&self, down: bool) {
        self.held.lock().unwrap().down = down;
    }

    /// The first line of every request so far.
    pub fn asked(&self) -> Vec<String> {
        self.held.lock().unwrap().asked.clone()
    }

    fn answer(&self, mut stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let head: Vec<String> = reader.by_ref().lines().map(Result::unwrap).take_while(|l| !l.is_empty()).collect();
        let length = head.iter().find_map(|l| l.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).unwrap();
        let (status, answer) = self.held.lock().unwrap().answer(&head[0], &body);
        let answer = answer.to_string();
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
        stream.write_all(format!("{head}{answer}").as_bytes()).unwrap();
    }
}

impl Held {
    fn answer(&mut self, line: &str, body: &[u8]) -> (u16, Value) {
        self.asked.push(line.trim_end_matches(" HTTP/1.1").to_owned());
        if self.down {
            return (503, json!({ "error_code": 50_003, "message": "no leader" }));
        }
        for (topic, id) in [("incidents", ID), ("exposures", ID + 1)] {
            if line.starts_with(&format!("POST /subjects/trailgraph.{topic}.v1-value/versions ")) {
                let schema = serde_json::from_slice::<Value>(body).unwrap()["schema"].as_str().unwrap().to_owned();
                self.schemas.insert(id, schema);
                return (200, json!({ "id": id }));
            }
        }
        let id = line.strip_prefix("GET /schemas/ids/").and_then(|l| l.split(' ').next()).and_then(|n| n.parse().ok());
        let id: u32 = id.unwrap_or_else(|| panic!("nobody asks for that: {line}"));
        match self.schemas.get(&id) {
            Some(schema) => (200, json!({ "schema": schema })),
            None => (404, json!({ "error_code": 40_403, "message": format!("Schema {id} not found") })),
        }
    }
}
