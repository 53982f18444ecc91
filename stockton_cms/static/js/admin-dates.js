/* Wagtail's date picker turns what it cannot read into the present moment, and turns the
   date when someone scrolls over the field. With these off, what is typed is sent, and
   the form says what is wrong with it. */
Object.assign(jQuery.fn.datetimepicker.defaults, {
  scrollInput: false,
  validateOnBlur: false,
});
