//! Programs that a test starts, and that end with it.

use std::{path::Path, process::Stdio};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// A running program. It is killed when this is dropped, and its children with it.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
}

impl Program {
    /// Starts a program whose standard output is of no interest.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        command.stdout(Stdio::null());
        Ok(Self { child: spawn(command)? })
    }

    /// Starts a program that writes all that it prints to a file.
    pub(crate) fn start_into(command: &mut Command, file: &Path) -> Result<Self> {
        let output = std::fs::File::create(file)?;
        command.stdout(output.try_clone()?);
        Ok(Self { child: spawn_with(command, output.into())? })
    }

    /// Starts a program and writes to its standard input, which is closed then.
    pub(crate) async fn start_with_input(command: &mut Command, input: &[u8]) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = spawn(command)?;
        child.stdin.take().context("its standard input is piped")?.write_all(input).await?;
        Ok(Self { child })
    }

    /// Starts a program and hands out the lines it prints.
    pub(crate) fn listen(command: &mut Command) -> Result<(Self, Lines<BufReader<ChildStdout>>)> {
        command.stdout(Stdio::piped());
        let mut child = spawn(command)?;
        let output = child.stdout.take().context("its standard output is piped")?;
        Ok((Self { child }, BufReader::new(output).lines()))
    }

    /// Its process id.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }
}

fn spawn(command: &mut Command) -> Result<Child> {
    let verbose = std::env::var_os("PAYDESK_TEST_VERBOSE").is_some();
    spawn_with(command, if verbose { Stdio::inherit() } else { Stdio::null() })
}

fn spawn_with(command: &mut Command, errors: Stdio) -> Result<Child> {
    command.process_group(0).stderr(errors).kill_on_drop(true);
    command.spawn().with_context(|| format!("cannot start {:?}", command.as_std().get_program()))
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(id) = self.child.id() {
            // The whole group: a driver must not leave its browser behind.
            let _ = std::process::Command::new("kill").args(["-KILL", "--", &format!("-{id}")]).status();
        }
    }
}
