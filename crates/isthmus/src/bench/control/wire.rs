//! A client that costs little: one kept connection, one request at a time. With the usual client most of what is measured
//! would be the client's own work.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result, ensure};
use control::rpc::Product;

use crate::client::Client;

/// A kept connection to the API.
pub(super) struct Wire<'a> {
    client: &'a Client,
    stream: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

impl<'a> Wire<'a> {
    pub(super) fn connect(client: &'a Client) -> Result<Self> {
        let stream = TcpStream::connect(client.host()).context("the API does not answer")?;
        stream.set_nodelay(true)?;
        Ok(Self { client, stream: BufReader::new(stream), line: String::new(), body: Vec::new() })
    }

    /// Calls an action with parameters in canonical form, and sees that it succeeds.
    pub(super) fn call(&mut self, product: Product, action: &str, parameters: &str) -> Result<()> {
        let mut request = String::from("POST / HTTP/1.1\r\n");
        for (name, value) in self.client.signed_headers(product, action, parameters) {
            request.extend([name, ": ", &value, "\r\n"]);
        }
        request.push_str(&format!("content-length: {}\r\n\r\n{parameters}", parameters.len()));
        self.stream.get_mut().write_all(request.as_bytes())?;
        let status = self.answer()?;
        ensure!(status == "200", "{action}: HTTP {status}: {}", String::from_utf8_lossy(&self.body));
        Ok(())
    }

    /// Reads an answer; its status.
    fn answer(&mut self) -> Result<String> {
        self.head_line()?;
        let status = self.line.split(' ').nth(1).context("no HTTP")?.to_owned();
        let mut length = 0;
        while !self.head_line()?.is_empty() {
            if let Some(value) = self.line.strip_prefix("content-length: ") {
                length = value.parse().context("no length")?;
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body)?;
        Ok(status)
    }

    fn head_line(&mut self) -> Result<&str> {
        self.line.clear();
        ensure!(self.stream.read_line(&mut self.line)? > 0, "the API has closed the connection");
        self.line.truncate(self.line.trim_end().len());
        Ok(&self.line)
    }
}
