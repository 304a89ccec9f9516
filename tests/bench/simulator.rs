//! The simulator in a process of its own, so that what it uses is not counted.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};
use paydesk_core::shops::DemoConnection;
use serde::{Deserialize, Serialize};
use url::Url;

/// A shop at the simulator: what the `nowpayments-simulator` command prints.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Shop {
    pub(crate) url: Url,
    pub(crate) api_key: String,
    pub(crate) email: String,
    pub(crate) password: String,
}

impl Shop {
    /// As the demo shop's.
    pub(crate) fn connection(&self) -> DemoConnection {
        DemoConnection {
            base: self.url.clone(),
            api_key: self.api_key.clone().into(),
            email: self.email.clone(),
            password: self.password.clone().into(),
        }
    }
}

/// A running simulator; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Simulator {
    pub(crate) shop: Shop,
    /// The line that it printed, which Paydesk takes too.
    pub(crate) line: String,
    program: Child,
}

impl Simulator {
    /// Starts one whose shop has had so many payments.
    pub(crate) fn start(program: &Path, payments: u32) -> Result<Self> {
        let mut program = Command::new(program)
            .args(["--port", "0", "--control-port", "0", "--seed", "1", "--history"])
            .arg(format!("orders={payments}"))
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let output = program.stdout.take().context("the simulator speaks")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let shop = serde_json::from_str(&line).context("the simulator did not say where it is")?;
        Ok(Self { shop, line, program })
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
