//! Where log messages go, and in which form.

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::config::{Log, LogFormat};

/// What `[log]` asks for, written to `to`. One message is one line: text for people, or one JSON object with `timestamp` (RFC 3339),
/// `level`, `target` and `fields`, among them `message`.
pub fn subscriber<W>(log: &Log, to: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(log.level.as_str())).with_writer(to);
    match log.format {
        LogFormat::Json => Box::new(lines.json().finish()),
        LogFormat::Text => Box::new(lines.finish()),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use serde_json::Value;

    use super::super::config::Level;
    use super::*;

    /// Keeps what is written.
    #[derive(Clone, Default)]
    pub struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Kept {
        type Writer = Kept;

        fn make_writer(&'a self) -> Kept {
            self.clone()
        }
    }

    /// The messages of `what`, as JSON.
    pub fn logged(level: Level, what: impl FnOnce()) -> Vec<Value> {
        let kept = Kept::default();
        let log = Log { level, format: LogFormat::Json };
        tracing::subscriber::with_default(subscriber(&log, kept.clone()), what);
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn json_is_one_object_per_line_with_fields_and_text_is_not() {
        let say = || {
            tracing::info!(role = "route", partition = 3, "assigned");
            tracing::debug!("beside the point");
        };
        let lines = logged(Level::Info, say);
        assert_eq!(lines.len(), 1, "{lines:?}");
        let line = &lines[0];
        assert_eq!((&line["level"], &line["fields"]["message"]), (&"INFO".into(), &"assigned".into()));
        assert_eq!((&line["fields"]["role"], &line["fields"]["partition"]), (&"route".into(), &3.into()));
        assert!(line["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
        assert_eq!(logged(Level::Debug, say).len(), 2);

        let kept = Kept::default();
        let log = Log { level: Level::Info, format: LogFormat::Text };
        tracing::subscriber::with_default(subscriber(&log, kept.clone()), say);
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains("assigned") && serde_json::from_str::<Value>(&text).is_err(), "{text}");
    }
}
