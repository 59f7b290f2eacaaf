//! A running explorer, and requests to it over plain sockets.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

/// The process, which ends with this value.
pub(crate) struct Explorer {
    process: Child,
    pub(crate) port: u16,
    pub(crate) url: String,
    errors: tempfile::NamedTempFile,
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Explorer {
    /// On any free port.
    pub(crate) fn start() -> Self {
        let errors = tempfile::NamedTempFile::new().expect("a temporary file");
        let mut process = std::process::Command::new(assert_cmd::cargo::cargo_bin!("alignloss"))
            .args(["explore", "--quiet"])
            .stdout(Stdio::piped())
            .stderr(errors.reopen().expect("the temporary file"))
            .spawn()
            .expect("the command starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("piped")).read_line(&mut line).expect("an address");
        let url = line.trim().to_owned();
        let port = url.trim_end_matches('/').rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
        Self { process, port, url, errors }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        stream
    }

    /// Sends bytes and reads the answer to its end.
    pub(crate) fn raw(&self, request: &[u8]) -> Reply {
        let mut stream = self.connect();
        // A server that refuses early may close before everything is sent.
        let _ = stream.write_all(request);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        Reply { status, body: body.to_owned() }
    }

    pub(crate) fn post(&self, question: &str, body: &str) -> Reply {
        let head = format!(
            "POST /api/{question} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            self.port,
            body.len()
        );
        self.raw((head + body).as_bytes())
    }

    /// Resident memory of the process, in KiB.
    pub(crate) fn memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("Linux");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a resident size");
        line.split_whitespace().nth(1).and_then(|size| size.parse().ok()).expect("a number")
    }

    pub(crate) fn stderr(&self) -> String {
        std::fs::read_to_string(self.errors.path()).expect("the temporary file")
    }
}

impl Drop for Explorer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
