"""TypeScript: bun, deno and native scripts, their packages, bundles and processes."""
