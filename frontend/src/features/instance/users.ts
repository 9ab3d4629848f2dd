import { queryOptions } from "@tanstack/react-query";
import { get, post, remove } from "@/api/client";
import type { Account } from "@/api/types";

export const instanceUsersQuery = queryOptions({
  queryKey: ["instance", "users"],
  queryFn: ({ signal }) => get<Account[]>("/users/list_as_super_admin", { per_page: 1000 }, signal),
});

export const createUser = (user: { email: string; password: string; super_admin: boolean; name?: string }) =>
  post<string>("/users/create", user);
export const updateUser = (
  email: string,
  change: { is_super_admin?: boolean; disabled?: boolean; name?: string },
) => post<string>(`/users/update/${encodeURIComponent(email)}`, change);
export const setPasswordOf = (email: string, password: string) =>
  post<string>(`/users/set_password_of/${encodeURIComponent(email)}`, { password });
export const changeEmail = (email: string, new_email: string) =>
  post<string>(`/users/change_email/${encodeURIComponent(email)}`, { new_email });
export const renameUser = (email: string, new_username: string) =>
  post<string>(`/users/rename/${encodeURIComponent(email)}`, { new_username });
export const deleteUser = (email: string) => remove<string>(`/users/delete/${encodeURIComponent(email)}`);

export const makeResetLink = (email: string) =>
  post<{ url: string; expires_at: string }>(`/users/password_reset_link/${encodeURIComponent(email)}`);
export const resetPassword = (token: string, new_password: string) =>
  post<{ message: string }>("/auth/reset_password", { token, new_password });
