//! What the shop held of a coin, as a picture.

use super::{Balance, HeldOnDay};
use crate::{
    charts::{self, Chart, ChartSize, Figures, Palette, Series},
    failure::Failure,
    language::{date, said, words},
};

impl Balance {
    /// What the shop held of a coin at the end of each of the last `days` (at most 1,000), pending and free, as a chart.
    ///
    /// # Errors
    /// When a colour cannot be read (`palette`), the size is out of bounds (`size`), the shop was closed or its database fails.
    pub async fn chart(
        &self,
        coin: &str,
        days: u32,
        palette: &Palette,
        size: ChartSize,
    ) -> Result<Chart, Failure> {
        let history = self.history(coin, days).await?.days;
        let unit = coin.to_ascii_uppercase();
        let all = history.iter().map(|HeldOnDay { amount, pending, .. }| amount + pending);
        let figures = Figures {
            title: words!(en: "{unit} at the end of the day", de: "{unit} am Ende des Tages"),
            across: said!(en: "Day", de: "Tag").to_owned(),
            up: unit,
            series: vec![Series {
                name: said!(en: "Held", de: "Guthaben").to_owned(),
                values: all.collect(),
            }],
            places: history.iter().map(|held| date(held.day)).collect(),
            whole: false,
            headed: true,
        };
        charts::lines(&figures, palette, size)
    }
}
