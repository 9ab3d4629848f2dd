import {
  OPERATORS,
  type Operator,
  readComparison,
  typedConstant,
  writeComparison,
} from "@/flow-graph/comparison";
import { Input } from "@/ui/input";
import { Select } from "@/ui/select";

const CHOICES = [
  { value: "", label: "is set" },
  ...Object.entries(OPERATORS).map(([value, label]) => ({ value, label })),
];

/** A condition by choosing: how the value that was picked compares, and with what. Nothing for other expressions. */
export function ComparisonRow({
  expr,
  label,
  onExpr,
}: {
  expr: string;
  label: string;
  onExpr: (expr: string) => void;
}) {
  const found = readComparison(expr);
  if (!found) return null;
  const { path, operator, value } = found;
  return (
    <div className="flex items-center gap-1.5">
      <Select
        aria-label={`How ${label} compares`}
        value={operator ?? ""}
        onValue={(next) =>
          onExpr(
            writeComparison({
              path,
              operator: (next || null) as Operator | null,
              value: operator === null ? 0 : value,
            }),
          )
        }
        options={CHOICES}
        className="w-40 shrink-0"
      />
      {operator !== null && (
        <Input
          aria-label={`What ${label} compares with`}
          value={value === null ? "null" : String(value)}
          onChange={(event) =>
            onExpr(writeComparison({ path, operator, value: typedConstant(event.target.value) }))
          }
          className="min-w-0 flex-1"
        />
      )}
    </div>
  );
}
