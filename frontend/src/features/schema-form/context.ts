import { createContext, useContext } from "react";
import type { Args } from "@/api/types";

/** Which code answers dynamic selects. */
export type RunnableRef =
  | { source: "deployed"; path: string; runnable_kind: "script" }
  | { source: "inline"; code: string; language: string };

export type FormContextValue = {
  workspace: string;
  runnable?: RunnableRef;
  errors: Record<string, string>;
  disabled?: boolean;
  bare?: boolean;
  /** For people who know nothing of variables and types: neither is shown. */
  plain?: boolean;
  /** All arguments of the form, which dynamic selects may read. */
  args: () => Args;
};

export const FormContext = createContext<FormContextValue>({ workspace: "", errors: {}, args: () => ({}) });

export const useForm = () => useContext(FormContext);
