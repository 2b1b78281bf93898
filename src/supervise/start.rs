//! Starting the command so that it is guarded before its first instruction.
//!
//! We start ourselves as a hidden subcommand, in the command's place. That process waits for our word on its standard
//! input, a socket; meanwhile the guard learns whom to watch. The word brings along the real standard input, and then
//! the process becomes the command. If we die before the word, the socket closes and nothing ever starts. The socket
//! closes by itself when the command is there; if it can't be executed, the reason comes back over it.

use std::ffi::OsString;
use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::time::Duration;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};
use rustix::process::Pid;

use super::itself;

/// How long the way from our word to the command's first instruction may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A process that waits for our word to become the command.
pub struct Candidate {
    /// The process, to be waited for.
    pub process: tokio::process::Child,
    /// Its number, also that of its group if it has its own.
    pub pid: Pid,
    word: UnixStream,
}

/// Why a command could not be started.
#[derive(Debug)]
pub struct NotStarted {
    /// 127 if there is no such command, else 126.
    pub code: u8,
    /// The system's words.
    pub reason: std::io::Error,
}

impl NotStarted {
    /// It is our own fault, not the command's.
    pub fn ours(reason: std::io::Error) -> Self {
        Self { code: crate::exit::UNABLE, reason }
    }
}

impl From<std::io::Error> for NotStarted {
    fn from(reason: std::io::Error) -> Self {
        let code = if reason.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
        Self { code, reason }
    }
}

/// What the command is to be started with.
pub struct Spec<'a> {
    /// The command and its arguments.
    pub argv: &'a [OsString],
    /// Variables to set beside the inherited ones.
    pub variables: &'a [(&'static str, String)],
    /// Whether it leads a process group of its own.
    pub own_group: bool,
}

/// Starts the process that waits. Its output goes to these.
pub fn prepare(
    spec: &Spec<'_>,
    stdout: std::process::Stdio,
    stderr: std::process::Stdio,
) -> std::io::Result<Candidate> {
    let (word, socket) = UnixStream::pair()?;
    let mut command = std::process::Command::new(itself());
    command
        .arg("internal-exec")
        .arg("--")
        .args(spec.argv)
        .envs(spec.variables.iter().map(|(name, value)| (name, value)))
        // A bellwether inside the command has its release from us already.
        .env_remove("BELLWETHER_FINGERPRINT")
        .stdin(OwnedFd::from(socket))
        .stdout(stdout)
        .stderr(stderr);
    if spec.own_group {
        command.process_group(0);
    }
    let process = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
    let raw = process.id().and_then(|id| i32::try_from(id).ok());
    let pid = raw.and_then(Pid::from_raw).ok_or(std::io::ErrorKind::NotFound)?;
    word.set_read_timeout(Some(PATIENCE))?;
    Ok(Candidate { process, pid, word })
}

impl Candidate {
    /// Gives the word. Returns when the command runs, or with the reason why it can't.
    pub fn go(&mut self) -> Result<(), NotStarted> {
        let stdin = std::io::stdin();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        let descriptors = [stdin.as_fd()];
        ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
        sendmsg(&self.word, &[IoSlice::new(b"g")], &mut ancillary, SendFlags::NOSIGNAL)
            .map_err(std::io::Error::from)?;
        let mut errno = [0; 4];
        match self.word.read_exact(&mut errno) {
            Ok(()) => Err(std::io::Error::from_raw_os_error(i32::from_ne_bytes(errno)).into()),
            // The socket closed because the command took the process over.
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The life of the process that waits: returns only if the command can't be executed, or if nobody gave the word.
pub fn become_command(argv: &[OsString]) -> Result<(), NotStarted> {
    let mut socket =
        UnixStream::from(rustix::io::fcntl_dupfd_cloexec(std::io::stdin(), 3).map_err(std::io::Error::from)?);
    let Some(stdin) = word(&socket)? else { return Ok(()) };
    rustix::stdio::dup2_stdin(stdin).map_err(std::io::Error::from)?;
    let Some((program, arguments)) = argv.split_first() else { return Ok(()) };
    let error = std::process::Command::new(program).args(arguments).exec();
    let errno = error.raw_os_error().unwrap_or(0);
    socket.write_all(&errno.to_ne_bytes())?;
    Err(error.into())
}

/// The real standard input, which comes with the word; nothing if the leader is gone.
fn word(socket: &UnixStream) -> std::io::Result<Option<OwnedFd>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0; 1];
    recvmsg(socket, &mut [IoSliceMut::new(&mut byte)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    let mut descriptors = ancillary.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
        _ => None,
    });
    Ok(descriptors.next().and_then(|mut descriptors| descriptors.next()))
}
