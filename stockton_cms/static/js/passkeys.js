/* Says so where no passkey was used; most browsers do not. */
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.getElementById("passkey_error").hidden = false;
});
