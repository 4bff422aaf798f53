// Tells the server the time zone of this browser, for the times on the pages that follow.

const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
if (timeZone) {
  document.cookie = `timezone=${timeZone}; path=/; max-age=31536000; samesite=lax`;
}
