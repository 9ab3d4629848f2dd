export type Role = "admin" | "developer" | "operator";

export const ROLES: readonly { value: Role; label: string }[] = [
  { value: "admin", label: "Admin" },
  { value: "developer", label: "Developer" },
  { value: "operator", label: "Operator" },
];

export function roleOf(of: { is_admin: boolean; operator: boolean }): Role {
  return of.is_admin ? "admin" : of.operator ? "operator" : "developer";
}
