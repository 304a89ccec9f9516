/** Digits of a code (RFC 6238 as NOWPayments uses it). */
export const CODE_LENGTH = 6;
/** The least number of characters of a PIN. */
export const PIN_MIN = 6;
