//! HTTP: routes, and the rejection of every malformed request.

use super::assets::{ASSETS, Asset};
use super::request::{About, Question, Request};
use super::view::ViewError;
use alignloss::model::Format;
use alignloss::text::{self, shortened};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The largest request body, in bytes; a setting takes a few hundred.
const LARGEST_BODY: usize = 8 << 10;

/// Time limit for a request, including its body.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers computed concurrently; each uses all cores.
const AT_A_TIME: usize = 2;

/// The page may load only from its own address, and may not be framed.
const POLICY: &str =
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What is wrong with a request.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    message: String,
}

impl Refusal {
    fn new(status: StatusCode, message: impl AsRef<str>) -> Self {
        Self { status, message: shortened(message.as_ref()) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(serde_json::json!({ "error": self.message }))).into_response()
    }
}

impl From<ViewError> for Refusal {
    fn from(error: ViewError) -> Self {
        let status = match &error {
            ViewError::Setting(_) | ViewError::Case(alignloss::theorem::CaseError::Learner(_)) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

/// All routes, with their limits.
pub(super) fn router() -> Router {
    let workers = Arc::new(Semaphore::new(AT_A_TIME));
    let mut router = Router::new()
        .route("/api/about", get(async || Json(About::new())))
        .route("/api/{question}", post(answer))
        .with_state(workers);
    for asset in ASSETS {
        router = router.route(&format!("/{}", asset.path), get(async move || file(asset)));
    }
    router
        .route("/", get(async || file(ASSETS[0])))
        .fallback(async || Refusal::new(StatusCode::NOT_FOUND, "no such page"))
        .method_not_allowed_fallback(async || Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method not allowed"))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn(guard))
}

fn file(asset: Asset) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, asset.media), (header::CACHE_CONTROL, "no-store")], asset.content)
}

/// Checks the origin, bounds the time, and adds security headers.
async fn guard(request: axum::extract::Request, next: Next) -> Response {
    let mut response = match refuse_strangers(request.headers(), request.uri()) {
        Err(refusal) => refusal.into_response(),
        Ok(()) => match tokio::time::timeout(PATIENCE, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Refusal::new(StatusCode::REQUEST_TIMEOUT, "the request took too long").into_response(),
        },
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Other sites' pages must not reach this server, neither by a name that resolves to this machine nor by a cross-site request.
fn refuse_strangers(headers: &HeaderMap, uri: &Uri) -> Result<(), Refusal> {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or("?"));
    let host = text(header::HOST).or_else(|| uri.authority().map(axum::http::uri::Authority::as_str));
    if headers.get_all(header::HOST).iter().count() > 1 || !host.is_some_and(is_this_machine) {
        return Err(Refusal::new(StatusCode::MISDIRECTED_REQUEST, "the Host must be localhost or 127.0.0.1"));
    }
    let origin = text(header::ORIGIN).map(|origin| origin.strip_prefix("http://").unwrap_or("?"));
    if origin.is_some_and(|origin| Some(origin) != host) {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "cross-site requests are refused"));
    }
    Ok(())
}

/// Whether a Host header names this machine by a name that nobody else can claim.
fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

async fn answer(
    State(workers): State<Arc<Semaphore>>,
    path: Result<Path<String>, axum::extract::rejection::PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, Refusal> {
    let question = path
        .ok()
        .and_then(|Path(name)| Question::of_path(&name))
        .ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "no such page"))?;
    let is_json = |value: &HeaderValue| value.as_bytes().to_ascii_lowercase().starts_with(b"application/json");
    if !headers.get(header::CONTENT_TYPE).is_some_and(is_json) {
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "expected Content-Type: application/json"));
    }
    let body = body.map_err(|rejection| Refusal::new(rejection.status(), rejection.body_text()))?;
    let body = std::str::from_utf8(&body)
        .map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, format!("byte {} is not UTF-8", error.valid_up_to())))?;
    let request: Request =
        text::parse(body, Format::Json).map_err(|message| Refusal::new(StatusCode::BAD_REQUEST, message))?;
    request.setting.check().map_err(ViewError::from)?;
    let permit = workers.acquire_owned().await.map_err(|_| internal())?;
    let answer = tokio::task::spawn_blocking(move || {
        // Held until the work is done, even if nobody waits for it any more.
        let _permit = permit;
        question.answer(&request)
    });
    let answer = answer.await.map_err(|_| internal())??;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

fn internal() -> Refusal {
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "the computation failed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machines_own_names_are_hosts() {
        for host in ["localhost", "LOCALHOST:80", "127.0.0.1:8080", "[::1]:1", "[::1]"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in
            ["", "example.org", "localhost.example.org", "127.0.0.1.nip.io:80", "localhost:", "localhost:a", "::1"]
        {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
