// Starts Swagger UI on the OpenAPI document beside this page; no other origin is asked.
window.addEventListener("load", () => {
  window.ui = window.SwaggerUIBundle({ url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true });
});
