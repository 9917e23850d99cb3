// Before anything is drawn: the colours that were chosen here last time, if any.
"use strict";
try {
  const theme = localStorage.getItem("tandem.theme");
  if (theme === "light" || theme === "dark")
    document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be off; the system's colours are as good.
}
