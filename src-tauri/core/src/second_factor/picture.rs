//! The picture of a QR code that shows a TOTP secret: a screenshot of the dashboard of NOWPayments, or a photo of it.

use std::io::Cursor;

use image::{GrayImage, ImageReader, Limits};
use secrecy::SecretString;

use crate::failure::Failure;
use crate::language::said;

/// The largest picture that is looked at, in pixels of a side, and what reading it may take of memory.
const LARGEST_SIDE: u32 = 12_000;
const MOST_MEMORY: u64 = 512 * 1024 * 1024;
/// Codes in larger pictures are found in smaller ones as well, and sooner.
const LONG_SIDE: u32 = 2000;

/// Reads the `otpauth://` link of the QR code in a picture (PNG, JPEG, WebP). Takes a while: call it where it may block.
///
/// # Errors
/// [`FailureCode::Invalid`](crate::FailureCode::Invalid) for the field `picture`, when it is no picture or shows no such code.
pub(super) fn read_link(picture: &[u8]) -> Result<SecretString, Failure> {
    let refused = |message: &str| Failure::invalid("picture", message);
    let mut reader = ImageReader::new(Cursor::new(picture)).with_guessed_format().map_err(|_| {
        refused(said!(
            en: "This file cannot be read.",
            de: "Diese Datei kann nicht gelesen werden.",
        ))
    })?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let picture = reader
        .decode()
        .map_err(|_| refused(said!(
            en: "This is no picture that Paydesk can read. It reads PNG, JPEG and WebP: save a screenshot as one of \
                 them.",
            de: "Das ist kein Bild, das Paydesk lesen kann. Es liest PNG, JPEG und WebP: Sichern Sie ein \
                 Bildschirmfoto als eines davon.",
        )))?;
    let longest = picture.width().max(picture.height());
    let whole = picture.to_luma8();
    let smaller = (longest > LONG_SIDE)
        .then(|| picture.resize(LONG_SIDE, LONG_SIDE, image::imageops::FilterType::Triangle).to_luma8());
    let mut found = smaller.as_ref().map(codes).unwrap_or_default();
    if found.is_empty() {
        found = codes(&whole);
    }
    let is_link = |text: &&String, kind: &str| {
        text.get(..kind.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(kind))
    };
    if let Some(link) = found.iter().find(|text| is_link(text, "otpauth://")) {
        return Ok(link.clone().into());
    }
    Err(refused(if found.iter().any(|text| is_link(&text, "otpauth-migration://")) {
        said!(
            en: "This code is an export of an authenticator app, which holds several secrets. Take the code that \
                 NOWPayments shows when two-factor authentication is set up.",
            de: "Dieser Code ist ein Export einer Authenticator-App, der mehrere Geheimnisse enthält. Nehmen Sie den \
                 Code, den NOWPayments beim Einrichten der Zwei-Faktor-Anmeldung zeigt.",
        )
    } else if found.is_empty() {
        said!(
            en: "There is no QR code in this picture, or it is not sharp enough. Take a screenshot of the whole code \
                 with some white around it.",
            de: "In diesem Bild ist kein QR-Code, oder er ist nicht scharf genug. Machen Sie ein Bildschirmfoto des \
                 ganzen Codes mit etwas Weiß darum herum.",
        )
    } else {
        said!(
            en: "The QR code in this picture is not one for an authenticator app (its text does not begin with \
                 otpauth://).",
            de: "Der QR-Code in diesem Bild ist keiner für eine Authenticator-App (sein Text beginnt nicht mit \
                 otpauth://).",
        )
    }))
}

fn codes(picture: &GrayImage) -> Vec<String> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let pixels = picture.as_raw();
    let mut prepared =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    prepared.detect_grids().into_iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Luma};
    use qrcode::{Color, QrCode};
    use secrecy::ExposeSecret;

    use super::*;

    const LINK: &str = "otpauth://totp/NOWPayments:me@shop.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=NOWPayments";

    /// A picture of the code of a text somewhere on a page.
    fn picture(text: &str, module: u32, format: ImageFormat) -> Vec<u8> {
        let code = QrCode::new(text).unwrap();
        let width = u32::try_from(code.width()).unwrap();
        let colors = code.to_colors();
        let mut page = GrayImage::from_pixel((width + 20) * module, (width + 12) * module, Luma([240]));
        for y in 0..width * module {
            for x in 0..width * module {
                let at = (y / module * width + x / module) as usize;
                if colors[at] == Color::Dark {
                    page.put_pixel(x + 14 * module, y + 5 * module, Luma([25]));
                }
            }
        }
        let mut bytes = Cursor::new(Vec::new());
        page.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn the_link_is_read_from_screenshots_and_photos_of_any_size() {
        for (module, format) in
            [(3, ImageFormat::Png), (8, ImageFormat::Jpeg), (5, ImageFormat::WebP), (60, ImageFormat::Png)]
        {
            let link = read_link(&picture(LINK, module, format)).unwrap();
            assert_eq!(link.expose_secret(), LINK, "{format:?}");
        }
    }

    #[test]
    fn what_shows_no_secret_is_refused_in_words() {
        let blank = GrayImage::from_pixel(200, 200, Luma([255]));
        let mut bytes = Cursor::new(Vec::new());
        blank.write_to(&mut bytes, ImageFormat::Png).unwrap();
        for (picture, words) in [
            (bytes.into_inner(), "no QR code"),
            (picture("https://nowpayments.io", 4, ImageFormat::Png), "otpauth://"),
            (picture("otpauth-migration://offline?data=abc", 4, ImageFormat::Png), "several secrets"),
            (b"a shopping list".to_vec(), "no picture"),
            (Vec::new(), "no picture"),
            (picture(LINK, 4, ImageFormat::Png)[..200].to_vec(), "no picture"),
        ] {
            let failure = read_link(&picture).unwrap_err();
            assert!(failure.message.contains(words), "{failure}");
            assert_eq!(failure.field.as_deref(), Some("picture"));
        }
    }
}
