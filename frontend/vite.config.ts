import { resolve } from "node:path";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `npm run dev` sends API calls; a running Postmill server. */
const apiTarget = process.env.POSTMILL_API ?? "http://localhost:8000";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: {
    alias: {
      "@": resolve(import.meta.dirname, "src"),
      // monaco-vim names the files of older releases.
      "monaco-editor/esm/vs/editor/editor.api": "monaco-editor/editor/editor.api.js",
      "monaco-editor/esm/vs/editor/common/commands/shiftCommand":
        "monaco-editor/editor/common/commands/shiftCommand.js",
    },
  },
  server: {
    port: Number(process.env.PORT ?? 5210),
    // The server refuses changes whose Origin names another site, so the proxy presents its own.
    proxy: { "/api": { target: apiTarget, changeOrigin: true, ws: true, headers: { origin: apiTarget } } },
  },
  worker: { format: "es" },
  build: {
    outDir: "../backend/postmill/http/web",
    emptyOutDir: true,
    // Every asset is a file of its own: the content security policy allows no data: fonts.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What every page needs comes as one file: a browser asks for six at a time, and the first page
            // would wait for ten turns of small ones.
            {
              name: "base",
              test: /node_modules[\\/](react|react-dom|scheduler|@tanstack[\\/](react-|query-|router-|history|store)|radix-ui|@radix-ui|@floating-ui|lucide-react|sonner|clsx|tailwind-merge|class-variance-authority|aria-hidden|react-remove-scroll|react-style-singleton|use-callback-ref|use-sidecar|tslib)/,
              minShareCount: 2,
            },
          ],
        },
      },
    },
  },
});
