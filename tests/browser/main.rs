//! The explorer: its server over plain sockets, its page in a browser.

mod explorer_process;
mod page;
mod server;
