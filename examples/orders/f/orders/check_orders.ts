import { z } from "zod@3";
import { formatted, total } from "./money";

const Order = z.object({
  customer: z.string().min(1),
  email: z.string().email(),
  items: z.array(z.object({ name: z.string(), price: z.number().positive(), count: z.number().int().positive() })),
});

/** Says of each order what is wrong with it; the good ones become a table, the largest first. */
export async function main(orders: object[], currency: "EUR" | "USD" = "EUR") {
  const good: { customer: string; total: string; amount: number }[] = [];
  const problems: { order: number; field: string; problem: string }[] = [];
  orders.forEach((given, index) => {
    const checked = Order.safeParse(given);
    if (checked.success) {
      const amount = total(checked.data.items);
      good.push({ customer: checked.data.customer, total: formatted(amount, currency), amount });
      return;
    }
    for (const issue of checked.error.issues) {
      problems.push({ order: index + 1, field: issue.path.join("."), problem: issue.message });
    }
  });
  console.log(`${good.length} of ${orders.length} orders are good`);
  good.sort((one, other) => other.amount - one.amount);
  return { render_all: [good, problems] };
}
