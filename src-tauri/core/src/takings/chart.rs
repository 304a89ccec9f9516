//! Takings as a picture.

use chrono::NaiveDate;

use super::{Takings, TakingsOfStep, TakingsStep};
use crate::{
    charts::{self, Chart, ChartSize, Figures, Palette, Series},
    failure::Failure,
    language::{date, month, said, words},
};

impl Takings {
    /// Sales in a currency by the last `count` (at most 400) days, weeks or months, as a chart.
    ///
    /// # Errors
    /// When a colour cannot be read (`palette`), the size is out of bounds (`size`), the shop was closed or its database fails.
    pub async fn chart(
        &self,
        step: TakingsStep,
        count: u32,
        currency: &str,
        palette: &Palette,
        size: ChartSize,
    ) -> Result<Chart, Failure> {
        let series = self.series(step, count, currency).await?;
        let unit = currency.to_ascii_uppercase();
        let figures = Figures {
            title: match step {
                TakingsStep::Day => {
                    words!(en: "Sales by day, in {unit}", de: "Verkäufe nach Tagen, in {unit}")
                }
                TakingsStep::Week => {
                    words!(en: "Sales by week, in {unit}", de: "Verkäufe nach Wochen, in {unit}")
                }
                TakingsStep::Month => {
                    words!(en: "Sales by month, in {unit}", de: "Verkäufe nach Monaten, in {unit}")
                }
            },
            across: match step {
                TakingsStep::Day => said!(en: "Day", de: "Tag"),
                TakingsStep::Week => said!(en: "Week from", de: "Woche ab"),
                TakingsStep::Month => said!(en: "Month", de: "Monat"),
            }
            .to_owned(),
            up: unit,
            places: series.steps.iter().map(|of| place(step, of.begins)).collect(),
            series: vec![Series {
                name: said!(en: "Sales", de: "Verkäufe").to_owned(),
                values: series.steps.into_iter().map(|TakingsOfStep { takes, .. }| takes.sales).collect(),
            }],
            whole: false,
            headed: true,
        };
        charts::bars(&figures, palette, size)
    }
}

/// What a step is called: its first day, or its month.
fn place(step: TakingsStep, begins: NaiveDate) -> String {
    match step {
        TakingsStep::Month => month(begins),
        TakingsStep::Day | TakingsStep::Week => date(begins),
    }
}
