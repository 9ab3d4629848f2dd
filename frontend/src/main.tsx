import "./styles.css";
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Toaster } from "sonner";
import { isStatus } from "@/api/client";
import { ConfirmProvider } from "@/ui/confirm";
import { noteWhatIsUsed } from "@/ui/focus";
import { useDark } from "@/ui/theme";
import { TooltipProvider } from "@/ui/tooltip";
import { makeRouter, preloadPage } from "./router";

/** A session that ended sends to the sign-in page; the address to come back to goes along. */
function onProblem(error: unknown): void {
  if (!isStatus(error, 401) || window.location.pathname === "/login") return;
  // Approvers need no account; their page says itself when one is asked for.
  if (window.location.pathname.startsWith("/approve/")) return;
  void fetch("/api/users/whoami", { credentials: "same-origin" }).then((answer) => {
    if (answer.status === 401) {
      const here = window.location.pathname + window.location.search + window.location.hash;
      window.location.assign(`/login?to=${encodeURIComponent(here)}`);
    }
  });
}

const client = new QueryClient({
  queryCache: new QueryCache({ onError: onProblem }),
  mutationCache: new MutationCache({ onError: onProblem }),
  defaultOptions: {
    // A server on this machine or in its network is there when the browser thinks itself offline.
    mutations: { networkMode: "always" },
    queries: {
      networkMode: "always",
      refetchOnWindowFocus: false,
      retry: (count, error) => count < 2 && !isStatus(error, 400, 401, 403, 404),
    },
  },
});

const router = makeRouter(client);
preloadPage(router);
noteWhatIsUsed();

function Toasts() {
  return (
    <Toaster
      theme={useDark() ? "dark" : "light"}
      position="bottom-right"
      closeButton
      gap={8}
      style={{ fontFamily: "inherit" }}
    />
  );
}

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <TooltipProvider delayDuration={300}>
          <ConfirmProvider>
            <RouterProvider router={router} />
          </ConfirmProvider>
        </TooltipProvider>
        <Toasts />
      </QueryClientProvider>
    </StrictMode>,
  );
}
