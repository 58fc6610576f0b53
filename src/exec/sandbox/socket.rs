//! Messages with descriptors over a sequenced-packet socket: one JSON value and up to 250 descriptors at a time.
//!
//! Packets are bounded and arrive whole or not at all, so there is no framing to get wrong. Large data does not
//! travel here: it goes by sealed memory files, whose descriptors do.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    SocketFlags, SocketType,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Largest packet, in bytes. Below the smallest default socket buffer.
pub const PACKET_BYTES: usize = 96 * 1024;
/// Most descriptors in one packet (the kernel's bound is 253).
pub const PACKET_FDS: usize = 250;
/// Largest memory file that is read back, in bytes.
pub const MEMORY_FILE_BYTES: u64 = 64 << 20;

/// A connected pair.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?)
}

/// Sends one message. With `WouldBlock` nothing was sent.
pub fn send<T: Serialize>(socket: impl AsFd, message: &T, fds: &[BorrowedFd<'_>], flags: SendFlags) -> io::Result<()> {
    let bytes = serde_json::to_vec(message)?;
    send_bytes(socket, &bytes, fds, flags)
}

/// Sends one packet of bytes.
pub fn send_bytes(socket: impl AsFd, bytes: &[u8], fds: &[BorrowedFd<'_>], flags: SendFlags) -> io::Result<()> {
    if bytes.len() > PACKET_BYTES || fds.len() > PACKET_FDS {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("message of {} bytes and {} descriptors is too large", bytes.len(), fds.len()),
        ));
    }
    let mut space = vec![MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(PACKET_FDS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    loop {
        match rustix::net::sendmsg(&socket, &[IoSlice::new(bytes)], &mut control, flags | SendFlags::NOSIGNAL) {
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(refused) => return Err(refused.into()),
        }
    }
}

/// Receives one message; `None` at the end of the stream.
pub fn receive<T: DeserializeOwned>(socket: impl AsFd, flags: RecvFlags) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    let mut bytes = vec![0_u8; PACKET_BYTES];
    let mut space = vec![MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(PACKET_FDS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let got = loop {
        match rustix::net::recvmsg(&socket, &mut [IoSliceMut::new(&mut bytes)], &mut control, flags | RecvFlags::CMSG_CLOEXEC) {
            Ok(got) => break got,
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::CONNRESET) => return Ok(None),
            Err(refused) => return Err(refused.into()),
        }
    };
    let mut fds = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(list) = message {
            fds.extend(list);
        }
    }
    if got.bytes == 0 {
        return Ok(None);
    }
    if got.flags.intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "packet was cut short"));
    }
    let message = serde_json::from_slice(&bytes[..got.bytes])?;
    Ok(Some((message, fds)))
}

/// A read-only file in memory that nobody can change any more.
pub fn memory_file(bytes: &[u8]) -> io::Result<OwnedFd> {
    let fd = rustix::fs::memfd_create("execgov", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut rest = bytes;
    while !rest.is_empty() {
        let written = rustix::io::pwrite(&fd, rest, (bytes.len() - rest.len()) as u64)?;
        rest = &rest[written..];
    }
    rustix::fs::fcntl_add_seals(&fd, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
    Ok(fd)
}

/// Reads a memory file from its beginning.
pub fn read_memory_file(fd: OwnedFd) -> io::Result<Vec<u8>> {
    let file = std::fs::File::from(fd);
    let length = file.metadata()?.len();
    if length > MEMORY_FILE_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "memory file is too large"));
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    // By position: the offset is shared with whoever read it before.
    std::os::unix::fs::FileExt::read_exact_at(&file, &mut bytes, 0)?;
    Ok(bytes)
}
