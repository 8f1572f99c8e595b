# Stands in for jekyll_picture_tag, which is not everywhere.
class Picture < Liquid::Tag
  def render(context)
    path, rest = @markup.strip.split(" ", 2)
    %(<img src="#{context["site"]["baseurl"]}/#{path}" #{rest}>)
  end
end

Liquid::Template.register_tag("picture", Picture)
