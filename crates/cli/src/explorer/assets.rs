//! The files of the page, compiled into the program; nothing is fetched.

/// A file of the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asset {
    /// Its path, relative to the page.
    pub path: &'static str,
    /// Its media type.
    pub media: &'static str,
    /// Its content.
    pub content: &'static str,
}

/// Where an export inserts its precomputed answers in `index.html`.
pub(super) const STORED_MARK: &str = "<!-- stored answers -->";

/// Every file; the page is first.
pub(super) const ASSETS: [Asset; 4] = [
    Asset { path: "index.html", media: "text/html; charset=utf-8", content: include_str!("assets/index.html") },
    Asset { path: "style.css", media: "text/css; charset=utf-8", content: include_str!("assets/style.css") },
    Asset { path: "chart.js", media: "text/javascript; charset=utf-8", content: include_str!("assets/chart.js") },
    Asset { path: "app.js", media: "text/javascript; charset=utf-8", content: include_str!("assets/app.js") },
];
