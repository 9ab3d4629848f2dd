import { Outlet, useLocation } from "@tanstack/react-router";
import { Menu as MenuIcon } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { lazy, Suspense, useEffect, useState } from "react";
import { useCanDevelop, useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { focusAgain } from "@/ui/focus";
import { Logo } from "@/ui/logo";
import { ConnectionNotice } from "./connection-notice";
import { useNarrow } from "./narrow";
import { Sidebar } from "./sidebar";

const Palette = lazy(() => import("@/features/palette/palette"));
const CodeSearch = lazy(() => import("@/features/code-search/code-search-dialog"));

/** Side bar and content; on narrow screens the side bar opens from a button. */
export function Shell() {
  const [menuOpen, setMenuOpen] = useState(false);
  const [narrow, setNarrow] = useNarrow();
  const [paletteOpen, setPaletteOpen] = useState(false);
  const [codeSearchOpen, setCodeSearchOpen] = useState(false);
  const { pathname } = useLocation();
  const workspace = useWorkspace();
  const develop = useCanDevelop();

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // In code, Ctrl+K begins the editor's own commands of two keys.
      const inCode = event.target instanceof Element && event.target.closest(".monaco-editor") !== null;
      if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !inCode) {
        event.preventDefault();
        setPaletteOpen((open) => !open);
      }
      if (develop && event.key.toLowerCase() === "f" && event.shiftKey && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        setCodeSearchOpen(true);
      }
    };
    window.addEventListener("keydown", onKey, true);
    return () => window.removeEventListener("keydown", onKey, true);
  }, [develop]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new address closes what lies over the page
  useEffect(() => setMenuOpen(false), [pathname]);

  // The link that led here may be gone with its page: the keyboard goes on in the new one, not before the side bar.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what counts is that the address is another
  useEffect(() => {
    const active = document.activeElement;
    if (active === null || active === document.body) focusAgain(null);
  }, [pathname]);

  return (
    <div className="flex h-full flex-col md:flex-row">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:left-2 focus:top-2 focus:z-70 focus:rounded-md focus:bg-raised focus:px-3 focus:py-2"
      >
        Skip to content
      </a>
      <aside
        className={cn("hidden shrink-0 border-r border-line bg-rail md:block", narrow ? "w-13" : "w-58")}
      >
        <Sidebar narrow={narrow} onNarrow={setNarrow} onSearch={() => setPaletteOpen(true)} />
      </aside>
      <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line bg-rail px-2 md:hidden">
        <Button variant="ghost" size="icon" aria-label="Open menu" onClick={() => setMenuOpen(true)}>
          <MenuIcon className="!size-4.5" />
        </Button>
        <Logo className="size-6" />
        <span className="font-semibold">Postmill</span>
      </header>
      <Radix.Root open={menuOpen} onOpenChange={setMenuOpen}>
        <Radix.Portal>
          <Radix.Overlay className="fixed inset-0 z-40 bg-(--scrim) animate-fade md:hidden" />
          <Radix.Content
            aria-describedby={undefined}
            className="fixed inset-y-0 left-0 z-40 w-64 border-r border-line bg-rail shadow-float outline-none md:hidden"
          >
            <Radix.Title className="sr-only">Menu</Radix.Title>
            <Sidebar onNavigate={() => setMenuOpen(false)} onSearch={() => setPaletteOpen(true)} />
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
      <main
        id="content"
        tabIndex={-1}
        // What only screen readers see is placed in here too: else it would make the page itself scroll.
        // The place of the scroll bar is kept, so that lines do not break anew when a list has come; what fills the
        // height scrolls inside.
        className="thin-scroll relative min-h-0 min-w-0 flex-1 overflow-y-auto outline-none not-has-[>.h-full]:[scrollbar-gutter:stable]"
      >
        <Outlet />
      </main>
      <ConnectionNotice />
      {paletteOpen && (
        <Suspense>
          <Palette
            onClose={() => setPaletteOpen(false)}
            onCodeSearch={
              develop
                ? () => {
                    setPaletteOpen(false);
                    setCodeSearchOpen(true);
                  }
                : undefined
            }
          />
        </Suspense>
      )}
      {codeSearchOpen && (
        <Suspense>
          <CodeSearch workspace={workspace} onClose={() => setCodeSearchOpen(false)} />
        </Suspense>
      )}
    </div>
  );
}
