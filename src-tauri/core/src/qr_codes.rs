//! QR codes, as shapes that the window draws.

use qrcode::{Color, EcLevel, QrCode as Code};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::failure::Failure;
use crate::language::said;

/// Light modules around a code, without which readers do not find it (ISO/IEC 18004).
const QUIET_ZONE: usize = 4;

/// A QR code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct QrCode {
    /// How many modules it is wide and high, with the light ones around it.
    pub size: u32,
    /// The dark modules as the path of an SVG, in units of a module.
    pub path: String,
}

/// The QR code of a text, of which 15 % may be damaged.
///
/// # Errors
/// When the text is longer than a QR code holds, which is 2,331 bytes.
pub fn qr_code(text: &str) -> Result<QrCode, Failure> {
    let code = Code::with_error_correction_level(text, EcLevel::M).map_err(|_| {
        Failure::other(said!(
            en: "This is too long for a QR code. Copy it instead.",
            de: "Das ist zu lang für einen QR-Code. Kopieren Sie es stattdessen.",
        ))
    })?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] == Color::Dark {
                let (x, y, length) = (x + QUIET_ZONE, y + QUIET_ZONE, run.len());
                path += &format!("M{x} {y}h{length}v1h-{length}z");
            }
            x += run.len();
        }
    }
    let size = u32::try_from(width + 2 * QUIET_ZONE).unwrap_or(u32::MAX);
    Ok(QrCode { size, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws the path as a window would, and reads it as a phone would.
    fn read(code: &QrCode) -> String {
        const SCALE: usize = 3;
        let size = code.size as usize;
        let mut dark = vec![false; size * size];
        for run in code.path.split_terminator('z') {
            let (start, rest) = run[1..].split_once('h').unwrap();
            let (x, y) = start.split_once(' ').unwrap();
            let (length, _) = rest.split_once('v').unwrap();
            let [x, y, length] = [x, y, length].map(|number| number.parse::<usize>().unwrap());
            assert_eq!(rest, format!("{length}v1h-{length}"));
            assert!(
                x >= QUIET_ZONE
                    && x + length + QUIET_ZONE <= size
                    && y >= QUIET_ZONE
                    && y + QUIET_ZONE < size
            );
            dark[y * size + x..][..length].fill(true);
        }
        let pixel = |x: usize, y: usize| dark[y / SCALE * size + x / SCALE];
        let mut image = rqrr::PreparedImage::prepare_from_bitmap(size * SCALE, size * SCALE, pixel);
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1);
        grids[0].decode().unwrap().1
    }

    #[test]
    fn what_is_drawn_reads_back_as_the_same_text() {
        let unified =
            format!("u1{}", "l8xunezsvhq8fgzfl7404m450nwnd76zshscn6nfys7vyz2ywyh4cc5daaq0c7q2su".repeat(3));
        for text in [
            "TVjsyZ7fYF3qLF6BQgPmTEZy1xrNNyVAAA",
            "bitcoin:bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0?amount=0.00013417",
            "ethereum:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed@1?value=50000000000000000",
            "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a?amount=1.5",
            "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A",
            "104857",
            "Ein Memo mit Umlauten: äöü €",
            &unified,
        ] {
            assert_eq!(read(&qr_code(text).unwrap()), text);
        }
    }

    #[test]
    fn what_no_code_holds_is_refused_in_words() {
        assert!(qr_code(&"a".repeat(2331)).is_ok());
        let failure = qr_code(&"a".repeat(2332)).unwrap_err();
        assert!(failure.message.contains("too long"), "{failure}");
    }
}
