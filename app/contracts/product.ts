import { Type } from 'typebox';

/** What `orders` relies on in a product. */
export const PricedProduct = Type.Object({
  id: Type.String(),
  priceCents: Type.Integer({ minimum: 0 }),
});

/** The response of `catalog` to `GET /api/products?ids=…`. Unknown ids are left out. */
export const PricedProducts = Type.Object({ items: Type.Array(PricedProduct) });
