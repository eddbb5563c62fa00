//! Loopback pages and the operations' endpoints. Small on purpose: everything served is made beforehand or by a pure function.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;

/// Nothing may be loaded from elsewhere, nothing may be framed; the page brings its own style.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'";

/// What a page or an endpoint answers with: status, content type, body.
pub type Answer = (u16, &'static str, String);

/// One path and what makes its answer.
pub type Page = (&'static str, Arc<dyn Fn() -> Answer + Send + Sync>);

/// Serves until the process is told to stop (SIGINT, SIGTERM).
pub fn serve(listen: SocketAddr, pages: Vec<Page>, ready: impl FnOnce(SocketAddr)) -> anyhow::Result<()> {
    serve_until(Some(listen), pages, ready, Arc::new(AtomicBool::new(false)))
}

/// Serves until the process is told to stop, or `stop` is set. Without an address it only waits.
pub fn serve_until(
    listen: Option<SocketAddr>,
    pages: Vec<Page>,
    ready: impl FnOnce(SocketAddr),
    stop: Arc<AtomicBool>,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let Some(listen) = listen else {
            stopped(stop).await;
            return Ok(());
        };
        let listener = tokio::net::TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
        ready(listener.local_addr()?);
        axum::serve(listener, router(pages)).with_graceful_shutdown(stopped(stop)).await?;
        Ok(())
    })
}

fn router(pages: Vec<Page>) -> Router {
    pages.into_iter().fold(Router::new(), |router, (path, answer)| {
        router.route(path, get(move || std::future::ready(respond(answer()))))
    })
}

fn respond((status, kind, body): Answer) -> impl IntoResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, body)
}

/// How soon `stop` is noticed.
const LOOK: Duration = Duration::from_millis(100);

/// Ends when SIGINT or SIGTERM comes, or `stop` is set.
async fn stopped(stop: Arc<AtomicBool>) {
    use tokio::signal::unix::{SignalKind, signal};
    let set = async {
        while !stop.load(Ordering::Relaxed) {
            tokio::time::sleep(LOOK).await;
        }
    };
    match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        (Ok(mut int), Ok(mut term)) => {
            tokio::select! { _ = int.recv() => {}, _ = term.recv() => {}, () = set => {} }
        }
        _ => set.await,
    }
}
