//! A stream that is sealed with a passphrase: argon2id makes the key, XChaCha20-Poly1305 seals one piece after the other
//! (STREAM), so that no piece can be altered, left out, moved or cut off unnoticed, and none has to wait for the whole.

use std::io::{self, ErrorKind, Read, Write};

use aead_stream::{DecryptorBE32, EncryptorBE32, Nonce, StreamBE32};
use chacha20poly1305::XChaCha20Poly1305;
use secrecy::SecretString;

use crate::{
    language::said,
    second_factor::sealed::{Cost, cipher},
};

const MAGIC: &[u8; 8] = b"PAYDESKB";
const VERSION: u8 = 1;
const SALT: usize = 16;
const NONCE: usize = 19;
// magic, version, memory, passes, salt, nonce
const HEADER: usize = 8 + 1 + 4 + 4 + SALT + NONCE;
const PIECE: usize = 64 * 1024;
const TAG: usize = 16;

/// What is random about a sealed stream.
pub(super) struct Fresh {
    pub(super) salt: [u8; SALT],
    pub(super) nonce: [u8; NONCE],
}

/// Why a stream does not open.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unopened {
    /// It is none of ours.
    Foreign,
    /// It was written by a newer Paydesk.
    Newer,
    /// The passphrase is another, or the first piece was altered: these cannot be told apart.
    WrongPassphrase,
    /// It cannot be read, in the words of the system.
    Unreadable(String),
}

/// Seals what is written to it. It is whole only after [`Self::finish`].
pub(super) struct SealedWriter<W> {
    inner: W,
    header: [u8; HEADER],
    encryptor: EncryptorBE32<XChaCha20Poly1305>,
    piece: Vec<u8>,
}

impl<W: Write> SealedWriter<W> {
    /// Takes [`Cost`]: call it where it may block.
    pub(super) fn new(
        mut inner: W,
        passphrase: &SecretString,
        cost: Cost,
        fresh: &Fresh,
    ) -> io::Result<Self> {
        let mut header = Vec::with_capacity(HEADER);
        header.extend(MAGIC);
        header.push(VERSION);
        header.extend(cost.memory.to_be_bytes());
        header.extend(cost.passes.to_be_bytes());
        header.extend(fresh.salt);
        header.extend(fresh.nonce);
        let header: [u8; HEADER] = header.try_into().map_err(|_| broken())?;
        let cipher = cipher(passphrase, &fresh.salt, cost).ok_or_else(broken)?;
        inner.write_all(&header)?;
        let encryptor = EncryptorBE32::from_aead(cipher, &nonce(&fresh.nonce)?);
        Ok(Self { inner, header, encryptor, piece: Vec::with_capacity(PIECE + TAG) })
    }

    /// Writes the last piece, and gives back what everything was written to.
    pub(super) fn finish(self) -> io::Result<W> {
        let Self { mut inner, header, encryptor, mut piece } = self;
        encryptor.encrypt_last_in_place(&header, &mut piece).map_err(|_| broken())?;
        inner.write_all(&piece)?;
        Ok(inner)
    }
}

impl<W: Write> Write for SealedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The last piece has an end of its own, so a full one is written only when more comes.
        if self.piece.len() == PIECE {
            self.encryptor.encrypt_next_in_place(&self.header, &mut self.piece).map_err(|_| broken())?;
            self.inner.write_all(&self.piece)?;
            self.piece.clear();
        }
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Opens what [`SealedWriter`] has sealed. What was altered or cut off is an error of kind `InvalidData`.
pub(super) struct SealedReader<R> {
    inner: R,
    header: [u8; HEADER],
    /// Until the last piece was opened.
    decryptor: Option<DecryptorBE32<XChaCha20Poly1305>>,
    piece: Vec<u8>,
    at: usize,
    /// The byte after the piece that was read, which says that it was not the last.
    ahead: Option<u8>,
}

impl<R: Read> SealedReader<R> {
    /// Opens the first piece. Takes the cost that it was sealed with: call it where it may block.
    pub(super) fn open(mut inner: R, passphrase: &SecretString) -> Result<Self, Unopened> {
        let mut header = [0; HEADER];
        let unreadable = |error: &io::Error| match error.kind() {
            ErrorKind::UnexpectedEof => Unopened::Foreign,
            _ => Unopened::Unreadable(error.to_string()),
        };
        inner.read_exact(&mut header).map_err(|error| unreadable(&error))?;
        let number =
            |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let cost = Cost { memory: number(9), passes: number(13) };
        if !header.starts_with(MAGIC) || !cost.is_bearable() {
            return Err(Unopened::Foreign);
        }
        if header[8] != VERSION {
            return Err(Unopened::Newer);
        }
        let (salt, rest) = header[17..].split_at(SALT);
        let cipher = cipher(passphrase, salt, cost).ok_or(Unopened::Foreign)?;
        let nonce = nonce(rest).map_err(|_| Unopened::Foreign)?;
        let mut ahead = [0];
        inner.read_exact(&mut ahead).map_err(|error| unreadable(&error))?;
        let decryptor = Some(DecryptorBE32::from_aead(cipher, &nonce));
        let mut reader = Self { inner, header, decryptor, piece: Vec::new(), at: 0, ahead: Some(ahead[0]) };
        match reader.next_piece() {
            Ok(()) => Ok(reader),
            Err(error) if error.kind() == ErrorKind::InvalidData => Err(Unopened::WrongPassphrase),
            Err(error) => Err(Unopened::Unreadable(error.to_string())),
        }
    }

    fn next_piece(&mut self) -> io::Result<()> {
        self.piece.clear();
        self.at = 0;
        self.piece.extend(self.ahead.take());
        let rest = u64::try_from(PIECE + TAG + 1 - self.piece.len()).unwrap_or(u64::MAX);
        (&mut self.inner).take(rest).read_to_end(&mut self.piece)?;
        let is_last = self.piece.len() <= PIECE + TAG;
        if !is_last {
            self.ahead = self.piece.pop();
        }
        let opened = match (is_last, self.decryptor.as_mut()) {
            (false, Some(decryptor)) => decryptor.decrypt_next_in_place(&self.header, &mut self.piece),
            (true, Some(_)) => match self.decryptor.take() {
                Some(decryptor) => decryptor.decrypt_last_in_place(&self.header, &mut self.piece),
                None => return Err(altered()),
            },
            (_, None) => return Err(altered()),
        };
        opened.map_err(|_| altered())
    }
}

impl<R: Read> Read for SealedReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() && self.decryptor.is_some() {
            self.next_piece()?;
        }
        let left = &self.piece[self.at..];
        let given = left.len().min(into.len());
        into[..given].copy_from_slice(&left[..given]);
        self.at += given;
        Ok(given)
    }
}

fn nonce(bytes: &[u8]) -> io::Result<Nonce<XChaCha20Poly1305, StreamBE32<XChaCha20Poly1305>>> {
    Nonce::<XChaCha20Poly1305, StreamBE32<XChaCha20Poly1305>>::try_from(bytes).map_err(|_| broken())
}

fn altered() -> io::Error {
    ErrorKind::InvalidData.into()
}

fn broken() -> io::Error {
    io::Error::other(said!(en: "it could not be sealed", de: "sie konnte nicht versiegelt werden"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHEAP: Cost = Cost { memory: 8, passes: 1 };
    const FRESH: Fresh = Fresh { salt: [7; SALT], nonce: [9; NONCE] };

    fn sealed(bytes: &[u8]) -> Vec<u8> {
        let mut writer = SealedWriter::new(Vec::new(), &"a good passphrase".into(), CHEAP, &FRESH).unwrap();
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    fn opened(sealed: &[u8], passphrase: &str) -> Result<io::Result<Vec<u8>>, Unopened> {
        let mut reader = SealedReader::open(sealed, &passphrase.into())?;
        let mut bytes = Vec::new();
        Ok(reader.read_to_end(&mut bytes).map(|_| bytes))
    }

    #[test]
    fn whatever_its_length_it_opens_to_what_was_sealed() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 17] {
            let bytes: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            assert_eq!(opened(&sealed(&bytes), "a good passphrase").unwrap().unwrap(), bytes, "{length}");
        }
    }

    #[test]
    fn another_passphrase_opens_nothing() {
        assert_eq!(opened(&sealed(b"words"), "a good passphrasf").unwrap_err(), Unopened::WrongPassphrase);
    }

    #[test]
    fn what_is_cut_off_put_on_or_put_in_another_order_is_noticed() {
        let whole = sealed(&vec![5; 3 * PIECE]);
        let pieces: Vec<&[u8]> = whole[HEADER..].chunks(PIECE + TAG).collect();
        let fails = |parts: &[&[u8]]| {
            let file = parts.concat();
            !matches!(opened(&file, "a good passphrase"), Ok(Ok(_)))
        };
        let header = &whole[..HEADER];
        assert!(!fails(&[header, pieces[0], pieces[1], pieces[2]]));
        assert!(fails(&[header, pieces[0], pieces[1]]));
        assert!(fails(&[header, pieces[1], pieces[0], pieces[2]]));
        assert!(fails(&[header, pieces[0], pieces[2]]));
        assert!(fails(&[header, pieces[0], pieces[1], pieces[2], b"x"]));
        assert!(fails(&[header, pieces[0], pieces[1], &pieces[2][..9]]));
        assert!(fails(&[header]));
    }

    #[test]
    fn what_is_no_backup_and_one_of_a_newer_paydesk_are_told_apart() {
        let check = |file: &[u8], why| assert_eq!(opened(file, "a good passphrase").unwrap_err(), why);
        check(b"", Unopened::Foreign);
        check(&[b'x'; 200], Unopened::Foreign);
        let mut newer = sealed(b"words");
        newer[8] = 2;
        check(&newer, Unopened::Newer);
        let mut dear = sealed(b"words");
        dear[9] = 0xff;
        check(&dear, Unopened::Foreign);
    }

    proptest! {
        #[test]
        fn no_altered_byte_goes_unnoticed(at in 0..HEADER + 300 + TAG, by in 1..=255_u8) {
            let mut file = sealed(&[3; 300]);
            file[at] ^= by;
            // A dearer key takes long to make, and is another one.
            prop_assume!(!(9..17).contains(&at));
            prop_assert!(!matches!(opened(&file, "a good passphrase"), Ok(Ok(_))));
        }
    }
}
