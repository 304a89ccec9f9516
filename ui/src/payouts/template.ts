/**
 * A file as it must look. What stands for the addresses is refused by the importer on purpose: nobody can pay an
 * example by mistake.
 */
export const TEMPLATE = `address,currency,amount,extra_id,description,external_id
ADDRESS-OF-ANNA,btc,0.002,,October share,1001
ADDRESS-OF-BEN,usdttrc20,120.5,,October share,1002
ADDRESS-OF-CARA,xrp,75,4820117,Deposit with a tag,1003
`;
