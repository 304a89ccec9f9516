//! Conversions of one coin of the shop's balance into another: estimated beforehand, made through [`crate::moves`], followed,
//! and listed.

mod list;
mod quote;

use std::sync::Arc;

pub use self::{
    list::{Conversion, ConversionPage, ConversionQuery, Rate},
    quote::{ConversionQuote, ConversionRequest},
};
use crate::{
    failure::Failure,
    moves::{
        Moves,
        lists::{BackTo, List},
    },
    shops::ShopContext,
    turn::Turn,
};

/// The conversions of a shop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Conversions {
    ctx: Arc<ShopContext>,
    moves: Moves,
    quoting: Arc<Turn>,
}

impl Conversions {
    pub(crate) fn new(ctx: Arc<ShopContext>, moves: Moves) -> Self {
        Self { ctx, moves, quoting: Arc::default() }
    }

    /// Reads what is new of the conversions, and all of them for the first time. From then on they are read on a rhythm.
    ///
    /// # Errors
    /// When NOWPayments does not answer or refuses.
    pub async fn refresh(&self) -> Result<(), Failure> {
        let moves = self.moves.clone();
        self.ctx
            .to_the_end(async move {
                moves.read_list(List::Conversions, None, BackTo::Known).await?;
                moves.announce();
                moves.stir();
                Ok(())
            })
            .await
    }
}
