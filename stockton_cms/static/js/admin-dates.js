/* Wagtail's date picker turns what it cannot read into the present moment, and turns the
   date when someone scrolls over the field. With these off, what is typed is sent, and
   the form says what is wrong with it. */
Object.assign(jQuery.fn.datetimepicker.defaults, {
  scrollInput: false,
  validateOnBlur: false,
});

function close(field) {
  jQuery(field).data("xdsoft_datetimepicker")?.trigger("close.xdsoft");
}

// In a dialog, Escape would close that as well.
document.addEventListener(
  "keydown",
  (event) => {
    const picker = jQuery(event.target).data("xdsoft_datetimepicker");
    if (event.key !== "Escape" || !picker?.is(":visible")) return;
    event.stopPropagation();
    close(event.target);
  },
  true,
);
// The picker opens a little after its field has the focus, even where that has gone on.
document.addEventListener("focusout", ({ target }) => {
  setTimeout(() => document.activeElement === target || close(target), 200);
});
